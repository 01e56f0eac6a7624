import { createHash } from 'node:crypto'
import { CompactSign } from 'jose'
import { type Authority, issuerOf } from '../core/authority.ts'
import { isTrueEdov } from '../core/edov.ts'
import { type Environment, randomToken } from '../core/environment.ts'
import { keyOf, type SigningKeys } from './keys.ts'
import { withoutOverage } from './overage.ts'
import { sessionClaims } from './session-claims.ts'
import type { Account, Application, Claims, Grant } from './types.ts'

/** All that an ID token follows from. */
export interface Subject {
  readonly authority: Authority
  readonly account: Account
  readonly application: Application
  readonly grant: Pick<Grant, 'scopes' | 'nonce' | 'session'>
  /** Claims for this one sign-in, over those of the account. */
  readonly claims: Claims
}

// Claims that Microsoft leaves out until the application's registration asks
// for them ("Configure optional claims"). Others, such as `idp` of a guest or
// what a claims-mapping policy adds, come unasked.
const optional = new Set([
  'acct', 'email', 'family_name', 'given_name', 'groups', 'upn', 'verified_primary_email', 'verified_secondary_email', 'xms_edov'
])

/**
 * The claims of an ID token as a genuine one has them.
 *
 * Microsoft dates a token five minutes back and lets it live an hour from
 * now: 3900 s between `iat` and `exp`. There is no `at_hash`: its token
 * endpoint sends none.
 */
export function idTokenClaims (subject: Subject, environment: Pick<Environment, 'now' | 'randomBytes'>): Claims {
  const { authority, account, application, grant } = subject
  const issuedAt = Math.floor(environment.now() / 1000) - 300
  return {
    aud: application.clientId,
    iss: issuerOf(authority, account.tid),
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + 3900,
    aio: randomToken(environment, 48),
    ...profileClaims(account, grant.scopes),
    nonce: grant.nonce ?? undefined,
    rh: `1.A${randomToken(environment, 36)}.`,
    sub: pairwiseSubject(account, application),
    tid: account.tid,
    uti: randomToken(environment, 16),
    ver: '2.0',
    ...sessionClaims(account, grant.session, application.optionalClaims),
    ...withoutOverage(accountClaims(heldBack(account.claims, application), application, grant.scopes), account),
    // What somebody sets on purpose is sent, whatever the registration says.
    ...subject.claims
  }
}

/** `oid` and the names come with the scope `profile` only. */
function profileClaims (account: Account, scopes: readonly string[]): Claims {
  return scopes.includes('profile') ? { name: account.name, oid: account.oid, preferred_username: account.username } : {}
}

/** With `removeUnverifiedEmailClaim` an address that Microsoft does not vouch for is not sent (Microsoft, 'authenticationBehaviors resource type'). */
function heldBack (claims: Claims, { removeUnverifiedEmailClaim }: Application): Claims {
  const { email: _email, ...others } = claims
  return removeUnverifiedEmailClaim === true && !isTrueEdov(claims.xms_edov) ? others : claims
}

function accountClaims (claims: Claims, application: Application, scopes: readonly string[]): Claims {
  const asked = (name: string): boolean =>
    !optional.has(name) || application.optionalClaims.has(name) || (name === 'email' && scopes.includes('email'))
  return Object.fromEntries(Object.entries(claims).filter(([name]) => asked(name)))
}

/** The same person is another subject at each application, and the same one after a restart. */
function pairwiseSubject (account: Account, application: Application): string {
  return createHash('sha256').update(`${application.clientId} ${account.tid} ${account.oid}`).digest('base64url')
}

/** Signs claims as they are, so that wrong ones can be made as well (RFC 7519 section 7.1). */
export async function signIdToken (claims: Claims, tid: string, keys: SigningKeys): Promise<string> {
  const key = keyOf(keys, tid)
  return await new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: key.kid })
    .sign(key.privateKey)
}
