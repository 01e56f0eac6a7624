import type { FastifyInstance } from 'fastify'
import { endpointsOf, issuerOf } from '../../src/core/authority.ts'
import { isGuid } from '../../src/core/guid.ts'
import { personalTenant } from '../../src/core/personal-tenant.ts'
import { prepareCredentials } from '../../src/credentials/prepare.ts'
import { credentialRemedy } from '../../src/credentials/refused.ts'
import type { ManifestFacts } from '../../src/diagnosis/manifest.ts'
import { type Probe, probeCredentials, probeMicrosoft } from '../../src/diagnosis/probe.ts'
import type { ApplicationFacts, Facts, TokenFacts } from '../../src/diagnosis/types.ts'
import { microsoftErrorOf } from '../../src/provider/aadsts.ts'
import { type SignIn, signInOf } from '../sign-in.ts'
import { trustsProxy } from './trusts-proxy.ts'

/** What is known from elsewhere, beside what is asked. */
export interface FactsAtHand {
  readonly token: TokenFacts | null
  readonly manifest: ManifestFacts | null
  /** The host of the request that asks, where there is one. */
  readonly requestHost: string | null
}

/** Gathers all that the checks look at: the options, and what Microsoft says about them now. */
export async function gatherFacts (app: FastifyInstance, atHand: FactsAtHand): Promise<Facts> {
  const signIn = signInOf(app)
  const { config } = signIn
  const probe: Probe = {
    ...config,
    know: microsoftErrorOf,
    credentialRemedy
  }
  const credentials = prepareCredentials(config.credentials, { ...config, tokenEndpoint: endpointsOf(config.authority, config.tenant).token })
  const [microsoft, shown] = await Promise.all([probeMicrosoft(probe), probeCredentials(probe, credentials)])
  return {
    now: config.environment.now(),
    application: applicationFacts(app, signIn, atHand.requestHost),
    microsoft,
    credentials: shown,
    token: atHand.token,
    manifest: atHand.manifest
  }
}

function applicationFacts (app: FastifyInstance, signIn: SignIn, requestHost: string | null): ApplicationFacts {
  const { config: { origin, redirectUri, clientId, tenant, authority }, verification, linking, microsoftSignOut } = signIn
  return {
    origin,
    redirectUri,
    clientId,
    tenant,
    authority: authority.base,
    issuer: issuerNamed(signIn),
    isMultiTenant: tenant === 'common' || tenant === 'organizations',
    email: verification?.policy ?? null,
    linking: linking?.policy ?? null,
    frontChannelLogoutUrl: microsoftSignOut?.frontChannelLogoutUrl ?? null,
    endsTls: Boolean(app.initialConfig.https),
    trustsProxy: trustsProxy(app),
    requestHost
  }
}

/** As the metadata document has it: with `{tenantid}` where it is of many tenants. */
function issuerNamed ({ config: { tenant, authority } }: SignIn): string | null {
  if (tenant === 'common' || tenant === 'organizations') return authority.issuer
  if (tenant === 'consumers') return issuerOf(authority, personalTenant)
  return isGuid(tenant) ? issuerOf(authority, tenant) : null
}
