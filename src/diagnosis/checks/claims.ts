import { isTrueEdov } from '../../core/edov.ts'
import { found, nothing } from '../finding.ts'
import type { ApplicationFacts, Facts, Finding, TokenFacts } from '../types.ts'

/** Names that look like proof of an address and that Microsoft never sends by itself: a claims-mapping policy made them. */
const mappedNames = ['email_verified', 'emailVerified', 'verified_email', 'emailaddress', 'mail']

/** Microsoft sends these in every token of those who ask for them. */
const certainClaims = ['sid', 'login_hint', 'auth_time']

/** Whether an address arrives, and what Microsoft says about it. */
export function checkEmailClaims (facts: Facts): readonly Finding[] {
  const isComing = arrives(facts, 'email')
  if (isComing === null) return nothing
  if (!isComing && !readsUpnInstead(facts)) return missingEmail(facts)
  return arrives(facts, 'xms_edov') === false && isComing ? missingEdov(facts) : nothing
}

/** Whether a claim is in the token that came, or, as far as nobody has signed in yet, in the manifest; `null` where neither is there. */
function arrives ({ token, manifest }: Facts, name: string): boolean | null {
  if (token !== null) return Object.hasOwn(token.claims, name)
  return manifest === null ? null : manifest.idTokenClaims.includes(name)
}

function readsUpnInstead ({ application: { email }, token }: Facts): boolean {
  return email?.emailSources.includes('upn') === true && token !== null && Object.hasOwn(token.claims, 'upn')
}

function missingEmail ({ token, manifest }: Facts): readonly Finding[] {
  const isAsked = token !== null && manifest?.idTokenClaims.includes('email') === true
  return found('warning', 'email_missing', {
    seen: token === null ? 'The manifest does not list "email" among the optional claims of ID tokens.' : 'The last token has no claim "email".',
    why: 'Without an address there is no score, no merging, and nothing to reach people by.',
    remedy: isAsked
      ? 'The manifest asks for it, so this account has no address: sign in with one that has.'
      : 'Add the optional claim "email" for ID tokens (Token configuration of the app registration; fastify-entra manifest prints the part to paste). An account without a mailbox has none all the same.'
  })
}

function missingEdov ({ token, manifest }: Facts): readonly Finding[] {
  const isAsked = token !== null && manifest?.idTokenClaims.includes('xms_edov') === true
  return found('warning', 'xms_edov_missing', {
    seen: token === null ? 'The manifest does not list "xms_edov" among the optional claims of ID tokens.' : 'The last token has a claim "email", and no "xms_edov".',
    why: 'Any administrator of any tenant can write any address there. Without this claim nothing tells a proven address from a made-up one, so each counts as unverified: it is no identifier, and merges with nobody.',
    remedy: isAsked
      ? 'The manifest asks for it already: wait some minutes, sign in again, and check that the manifest is that of this client id.'
      : 'Add the optional claim "xms_edov" for ID tokens to the manifest of the app registration (fastify-entra manifest prints the part to paste). Where you cannot, option "verify_email" proves addresses by a one-time code.'
  })
}

/** Whether the other claims arrive that something here needs. */
export function checkOtherClaims (facts: Facts): readonly Finding[] {
  const { application, token } = facts
  const needed = [...certainClaims, ...(token?.isPersonal === true ? [] : memberClaims(application))]
  const missing = needed.filter((name) => arrives(facts, name) === false)
  if (missing.length === 0) return nothing
  return found('warning', 'claims_missing', {
    seen: `${token === null ? 'The manifest does not list these optional claims of ID tokens' : 'These claims did not arrive'}: ${missing.join(', ')}.`,
    why: missing.map((name) => reasons[name]!).join(' '),
    remedy: 'Add them as optional claims for ID tokens; fastify-entra manifest prints the part to paste.'
  })
}

const reasons: Readonly<Record<string, string>> = {
  sid: 'Without sid nobody is signed out here who signs out at Microsoft.',
  login_hint: 'Without login_hint Microsoft asks which account signs out.',
  auth_time: 'Without auth_time a sign-in that asks for "max_age" is refused.',
  acct: 'Without acct a guest of a tenant may pass for a member.',
  upn: 'Without upn option "emailSources" has nothing to read there.'
}

/** Where the sign-in name or a tenant's domain counts, members must be told from guests. */
function memberClaims ({ email }: ApplicationFacts): string[] {
  if (email === null) return []
  const readsUpn = email.emailSources.includes('upn')
  return [...(readsUpn || Object.keys(email.tenantDomains).length > 0 ? ['acct'] : []), ...(readsUpn ? ['upn'] : [])]
}

/** Whether somebody's claims-mapping policy reaches the tokens of this application (abuse case X07). */
export function checkMappedClaims ({ token }: Facts): readonly Finding[] {
  const mapped = token === null ? [] : mappedNames.filter((name) => Object.hasOwn(token.claims, name))
  if (mapped.length === 0) return nothing
  return found('warning', 'mapped_claims_arrive', {
    seen: `The last token has ${mapped.map((name) => `"${name}"`).join(', ')}, which Microsoft never sends by itself.`,
    why: 'A claims-mapping policy of a tenant wrote it. Nothing here reads it; whatever else reads it, in your code or behind it, believes what any administrator wrote.',
    remedy: 'Set "acceptMappedClaims" to null in the manifest of the app registration, and read no such claim.'
  })
}

/** Whether Microsoft sends addresses that it does not vouch for. With one-time codes that is as it should be. */
export function checkUnverifiedEmail ({ application: { linking }, token, manifest }: Facts): readonly Finding[] {
  const isSeen = token !== null && isDenied(token)
  const isSet = manifest?.removesUnverifiedEmail === false
  if (linking?.verify_email === true || manifest?.removesUnverifiedEmail === true || !(isSeen || isSet)) return nothing
  return found('warning', 'unverified_email_kept', {
    seen: isSet ? 'The registration has "removeUnverifiedEmailClaim" off.' : 'The last token has an address of which Microsoft says that it is not proven (xms_edov is not true).',
    why: 'Addresses that anybody may have made up reach this application. Here they count as unverified; other code may not look.',
    remedy: 'Set authenticationBehaviors.removeUnverifiedEmailClaim to true by Microsoft Graph (PATCH /beta/applications/{id}/authenticationBehaviors), unless you turn "verify_email" on, which needs such addresses to mail codes to.'
  })
}

function isDenied ({ claims }: TokenFacts): boolean {
  return Object.hasOwn(claims, 'email') && Object.hasOwn(claims, 'xms_edov') && !isTrueEdov(claims.xms_edov)
}

/** Whether the last token was refused. */
export function checkRefusal ({ token }: Facts): readonly Finding[] {
  if (token === null || token.refusal === null) return nothing
  const { code, reason } = token.refusal
  if (reason === 'unknown_key') {
    return found('error', 'own_signing_keys', {
      seen: 'The last token was signed by a key that the tenants have not in common.',
      why: 'A claims-mapping policy makes Microsoft sign the tokens of this application with keys of its own, and each is refused.',
      remedy: 'Take the policy away; or, where the application is for one tenant, give option "appSpecificKeys": true.'
    })
  }
  return found('warning', 'token_refused', {
    seen: `The last token was refused: ${code} (${reason}).`,
    why: 'Whoever signed in was not let in.',
    remedy: 'fastify-entra explain and the set-up page show the token rule by rule.'
  })
}
