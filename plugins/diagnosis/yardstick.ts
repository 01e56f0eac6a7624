import { authorityOf, publicCloud } from '../../src/core/authority.ts'
import { presets } from '../../src/core/presets.ts'
import type { PresetName } from '../../src/core/presets.ts'
import { readOptions } from '../../src/core/options.ts'
import { linkingOptionRules, policyOf } from '../../src/linking/options.ts'
import { resolveVerification, type VerificationConfig, verificationOptionRules } from '../../src/verification/options.ts'
import { type TenantRule, tenantRuleOf } from '../../src/verification/tenant.ts'
import type { SignIn } from '../sign-in.ts'
import type { Yardstick } from './explain-token.ts'

/** What a token is held against at an application. */
export function yardstickOf ({ config, verification, linking }: SignIn): Omit<Yardstick, 'nonce'> {
  const { authority, environment } = config
  const own = verification ?? resolveVerification(readOptions('fastify-entra/verification', verificationOptionRules, {}), config)
  return {
    authority,
    clientId: own.clientId,
    tenant: ruleOf(own),
    policy: own.policy,
    tenantRoles: own.tenantRoles,
    linking: linking?.policy ?? defaultLinking,
    now: environment.now(),
    knowledgeOf: linking?.knowledgeOf
  }
}

/** What there is to know without an application. */
export interface PlainYardstick {
  readonly clientId: string | null
  readonly tenant: string
  readonly authority: string | undefined
  readonly preset: PresetName
  readonly now: number
}

const defaultLinking = policyOf(readOptions('fastify-entra/linking', linkingOptionRules, {}))

/** What a token is held against where there are but options of a command line. */
export function plainYardstick ({ clientId, tenant, authority, preset, now }: PlainYardstick): Omit<Yardstick, 'nonce'> {
  const { requireVerifiedEmail = false, ...email } = presets[preset]
  const options = readOptions('fastify-entra/verification', verificationOptionRules, email)
  const config = resolveVerification(options, { authority: authorityOf(authority ?? publicCloud), clientId: clientId ?? '', tenant })
  return {
    authority: config.authority,
    clientId: clientId?.toLowerCase() ?? null,
    tenant: ruleOf(config),
    policy: config.policy,
    tenantRoles: config.tenantRoles,
    linking: { ...defaultLinking, requireVerifiedEmail },
    now
  }
}

/** A domain is resolved by the network alone. */
function ruleOf ({ tenant, allowedTenants }: Pick<VerificationConfig, 'tenant' | 'allowedTenants'>): TenantRule | null {
  return tenant.includes('.') ? null : tenantRuleOf(tenant, allowedTenants)
}
