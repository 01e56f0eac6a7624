import { type Authority, issuerOf } from '../../src/core/authority.ts'
import type { EntraError } from '../../src/core/errors.ts'
import { isGuid } from '../../src/core/guid.ts'
import type { JsonRecord } from '../../src/core/json.ts'
import { type PresetName, presets } from '../../src/core/presets.ts'
import type { Explanation, Forecast, PresetForecast, Situation, TokenOutcome } from '../../src/diagnosis/explanation.ts'
import { forecastOf, imagined } from '../../src/diagnosis/forecast.ts'
import { type Rule, rule, type RuleName, ruleSentences } from '../../src/diagnosis/rules.ts'
import { decide } from '../../src/linking/decide.ts'
import type { Knowledge, LinkingPolicy, LinkingRequest } from '../../src/linking/types.ts'
import { readCompactJws } from '../../src/verification/compact-jws.ts'
import { describeToken } from '../../src/verification/describe-token.ts'
import { explain } from '../../src/verification/explain.ts'
import { verificationOptionRules } from '../../src/verification/options.ts'
import { refuseToken } from '../../src/verification/refusals.ts'
import type { SigningKey } from '../../src/verification/signing-keys.ts'
import type { TenantRule } from '../../src/verification/tenant.ts'
import { type ExpectedClaims, type TokenContext, tokenChecks } from '../../src/verification/token-checks.ts'
import type { EmailPolicy, Identity } from '../../src/verification/types.ts'
import type { TenantRoles } from '../../src/verification/roles.ts'

/** What a token is held against. What is `null` is not checked. */
export interface Yardstick {
  readonly authority: Authority
  readonly clientId: string | null
  /** `null` where `tenant` is a domain, whose GUID only the network knows. */
  readonly tenant: TenantRule | null
  readonly policy: EmailPolicy
  readonly tenantRoles: TenantRoles
  readonly linking: LinkingPolicy
  readonly nonce: string | null
  /** What came with it; left out, where that is not at hand. */
  readonly came?: Pick<ExpectedClaims, 'accessToken' | 'code' | 'issuer'> | undefined
  /** Milliseconds since 1970. */
  readonly now: number
  /** What the store knows, for the decision as it would fall now; left out where there is none. */
  readonly knowledgeOf?: ((policy: LinkingPolicy, request: LinkingRequest) => Promise<Knowledge>) | undefined
  /** How the sign-in ended that it came with: then its key and signature were looked at. Left out, where there was none. */
  readonly ended?: TokenOutcome | undefined
}

/**
 * Explains an ID token: every rule, the score, the linking decision, and what each preset would have decided. By the
 * code that signs people in; asks nobody, so that key and signature are not looked at.
 */
export async function explainToken (idToken: string, yardstick: Yardstick): Promise<Explanation> {
  const form = readForm(idToken)
  if (form.claims === null) return Object.freeze({ token: yardstick.ended ?? outcomeOf(form.refusal), rules: form.rules, ...unreadable })
  const rules = [...form.rules, ...checkClaims(form.claims, yardstick)]
  const broken = rules.find(({ state }) => state === 'broken')
  const token = yardstick.ended ?? (broken === undefined ? { outcome: 'accepted' as const } : outcomeOf(refuseToken(broken.rule)))
  const identity = identityOf(form.claims, yardstick.authority)
  return Object.freeze({ token, rules, claims: form.claims, ...await describe(form.claims, identity, yardstick) })
}

const unreadable = { claims: null, identity: null, email: null, sentences: [], forecasts: [], presets: [] } as const

function outcomeOf ({ code, detail: { reason } }: { readonly code: string, readonly detail: { readonly reason: string } }): TokenOutcome {
  return { outcome: 'refused', code, reason }
}

const formRules: readonly RuleName[] = ['size', 'segments', 'header', 'typ', 'crit', 'b64', 'zip', 'alg', 'kid', 'payload']

/** The rules about the form, in the order in which they are looked at: the first that is broken ends it. */
function readForm (idToken: string): { readonly rules: readonly Rule[] } & ({ readonly claims: JsonRecord } | { readonly claims: null, readonly refusal: Parameters<typeof outcomeOf>[0] }) {
  try {
    const { payload } = readCompactJws(idToken)
    return { claims: payload, rules: formRules.map((name) => rule(name, 'holds')) }
  } catch (error) {
    const refusal = error as EntraError
    const broken = formRules.indexOf(refusal.detail.reason as RuleName)
    const rules = formRules.slice(0, broken + 1).map((name, index) => rule(name, index === broken ? 'broken' : 'holds'))
    return { claims: null, refusal, rules }
  }
}

const keyRules: readonly RuleName[] = ['unknown_key', 'signature']
const noKey = 'No key is at hand: nothing is fetched to explain a token.'
const placeholder = { kid: '', issuer: null, cloudInstance: null } as unknown as SigningKey

function checkClaims (claims: JsonRecord, yardstick: Yardstick): Rule[] {
  const expected: ExpectedClaims = {
    authority: yardstick.authority,
    clientId: yardstick.clientId ?? String(claims.aud),
    tenant: yardstick.tenant ?? { accounts: 'any', tids: null },
    nonce: yardstick.nonce ?? '',
    ...yardstick.came
  }
  const context = { claims, expected, key: placeholder, now: yardstick.now / 1_000 }
  const isRule = (name: string): name is RuleName => Object.hasOwn(ruleSentences, name)
  const checked = tokenChecks.flatMap(([name, holds]) => isRule(name) ? [checkRule(name, holds, context, yardstick)] : [])
  return [...keyRules.map((name) => ofKey(name, yardstick.ended)), ...checked]
}

/** In the order in which a sign-in looks at them. */
const order: readonly string[] = [...keyRules, ...tokenChecks.map(([name]) => name)]

/** What only a key can tell: known where a sign-in has ended, from how far it got. */
function ofKey (name: RuleName, ended: TokenOutcome | undefined): Rule {
  if (ended === undefined) return rule(name, 'unchecked', noKey)
  const [at, over] = [order.indexOf(name), ended.outcome === 'refused' ? order.indexOf(ended.reason) : -1]
  if (over === -1 || at < over) return rule(name, 'holds')
  return at === over ? rule(name, 'broken') : rule(name, 'unchecked', 'The sign-in was over before.')
}

function checkRule (name: RuleName, holds: (context: TokenContext) => boolean, context: TokenContext, yardstick: Yardstick): Rule {
  if (name === 'key_issuer' || name === 'key_cloud_instance') return ofKey(name, yardstick.ended)
  const missing = missingFor(name, context.claims, yardstick)
  if (missing !== null) return rule(name, 'unchecked', missing)
  try {
    return rule(name, holds(context) ? 'holds' : 'broken')
  } catch {
    // Each relies on the ones before it: a sign-in is over at the first that is broken.
    return rule(name, 'unchecked', 'It follows from a rule that is broken.')
  }
}

/** What a rule would take that is not at hand; `null` where it can be checked. */
function missingFor (name: RuleName, claims: JsonRecord, { clientId, nonce, tenant, came }: Yardstick): string | null {
  if (name === 'aud' && clientId === null) return 'The client id was not given.'
  if (name === 'nonce' && nonce === null) return 'The nonce of the attempt is not known.'
  if (name === 'tenant' && tenant === null) return 'Which tenant a domain names is not known offline.'
  if (name === 'at_hash' && came?.accessToken === undefined && Object.hasOwn(claims, 'at_hash')) return 'The access token is not at hand.'
  return null
}

/** Whose token it is, where it says so as it must. */
function identityOf (claims: JsonRecord, authority: Authority): Identity | null {
  const { tid, oid, sub } = claims
  if (!isGuid(tid) || !isGuid(oid) || typeof sub !== 'string') return null
  return Object.freeze({ tid: tid.toLowerCase(), oid: oid.toLowerCase(), sub, iss: issuerOf(authority, tid.toLowerCase()), authority: authority.base })
}

async function describe (claims: JsonRecord, identity: Identity | null, yardstick: Yardstick): Promise<Omit<Explanation, 'token' | 'rules' | 'claims'>> {
  if (identity === null) return { identity, email: null, sentences: [], forecasts: [], presets: [] }
  const { email } = describeToken(identity, claims, yardstick)
  const forecasts = await forecast(claims, identity, yardstick)
  const names = Object.keys(presets) as PresetName[]
  return { identity, email, sentences: explain(email), forecasts, presets: await Promise.all(names.map(async (preset) => await underPreset(preset, claims, identity, yardstick))) }
}

const offline: ReadonlyArray<Exclude<Situation, 'now'>> = ['new', 'address_held', 'address_held_in_tenant', 'known']

async function forecast (claims: JsonRecord, identity: Identity, yardstick: Yardstick): Promise<Forecast[]> {
  const { policy, tenantRoles, linking, knowledgeOf } = yardstick
  const token = describeToken(identity, claims, { policy, tenantRoles })
  const now = knowledgeOf === undefined ? [] : [forecastOf('now', decide(linking, token, await knowledgeOf(linking, token)))]
  // Without an address nobody can hold it.
  const situations = token.email.canonical === null ? offline.filter((name) => !name.startsWith('address_held')) : offline
  return [...now, ...situations.map((name) => forecastOf(name, decide(linking, token, imagined[name](identity, token.email))))]
}

/** The options as they are, but for those that a preset is made of. */
async function underPreset (preset: PresetName, claims: JsonRecord, identity: Identity, yardstick: Yardstick): Promise<PresetForecast> {
  const { emailSources, threshold, strictEdov } = verificationOptionRules
  const { requireVerifiedEmail = false, ...email } = presets[preset]
  const defaults = { emailSources: emailSources.default!, threshold: threshold.default!, strictEdov: strictEdov.default! }
  const policy = { ...yardstick.policy, ...defaults, ...email } as EmailPolicy
  const linking = { ...yardstick.linking, requireVerifiedEmail }
  const under = { ...yardstick, policy, linking }
  return { preset, email: describeToken(identity, claims, under).email, forecasts: await forecast(claims, identity, under) }
}
