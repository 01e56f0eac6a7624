import { randomBytes } from 'node:crypto'
import { authorityOf } from '../src/core/authority.ts'
import { readJsonObject } from '../src/core/json.ts'
import { createSeal } from '../src/core/seal.ts'
import { decide } from '../src/linking/decide.ts'
import { checkReturnTarget } from '../src/provider/return-target.ts'
import { sessionKeyOf } from '../src/session/sessions.ts'
import { writeSessionUser } from '../src/store/session-json.ts'
import { readSessionRow } from '../src/store/session-row.ts'
import { canonicalAddress } from '../src/verification/address.ts'
import { scoreEmail } from '../src/verification/score.ts'
import { staticKeySet } from '../src/verification/signing-keys.ts'
import { tenantRuleOf } from '../src/verification/tenant.ts'
import { verifyIdToken } from '../src/verification/token.ts'
import { verifiedEmailOf } from '../src/verification/verified-email.ts'
import { clientId, personOf, tenantId } from './people.ts'
import { claimsOf, createSigner } from './token.ts'

/** What a function is called in the table, and one call of it with what it gets in a sign-in or a request. */
export type HotFunction = readonly [name: string, work: () => unknown]

/** The functions that every sign-in or request runs. Throws where one of them does not do its work: what is measured is what was done. */
export async function hotFunctions (): Promise<HotFunction[]> {
  const authority = authorityOf('http://localhost:3001')
  const signer = createSigner(authority.base)
  const person = personOf(1)
  const now = Date.now()
  const claims = claimsOf(person, authority.base, 'a-nonce', Math.floor(now / 1_000))
  const token = signer.sign(claims)
  const payload = Buffer.from(token.split('.')[1]!, 'base64url')
  const expected = { authority, clientId, tenant: tenantRuleOf('common'), keys: staticKeySet({ keys: [signer.jwk] }), nonce: 'a-nonce', now: () => now }
  const { identity } = await verifyIdToken(token, expected)

  const attempt = { state: randomBytes(32).toString('base64url'), nonce: randomBytes(32).toString('base64url'), verifier: randomBytes(32).toString('base64url'), returnTo: '/', startedAt: now }
  const seal = createSeal([randomBytes(32)])
  const sealed = await seal.seal(attempt)

  const policy = { threshold: 90, emailSources: ['email' as const], strictEdov: false, tenantDomains: {} }
  const email = scoreEmail(claims, identity, policy)
  const user = { id: '00000000-0000-4000-8000-000000000000', displayName: person.name, email, identity, roles: [] }
  const times = { created_at: now, authenticated_at: now, last_seen_at: now, confirmed_at: now }
  const row = { ...times, user_id: user.id, user: writeSessionUser(user), device: null, microsoft_session: null, login_hint: null }
  const sessionId = randomBytes(32).toString('base64url')

  const returnPolicy = { origin: 'https://app.example', patterns: [], reserved: ['/auth/microsoft/login', '/auth/microsoft/callback'] }
  const linkingPolicy = { use_email_as_identifier: true, allow_email_account_merge: false, verify_email: false, requireVerifiedEmail: false, allowSignup: true, endSessionsOnMerge: true }
  const request = { identity, profile: { name: person.name } as never, email, verifiedEmail: verifiedEmailOf(email) }
  const nobody = { linker: null, owner: null, holder: null, invited: null, unverifiedAddressIsHeld: false }

  const all: ReadonlyArray<readonly [name: string, work: () => unknown, holds: (result: never) => boolean]> = [
    ['seal an attempt', async () => await seal.seal(attempt), (text: string) => text.length > 100],
    ['open a sealed attempt', async () => await seal.open(sealed), (opened: typeof attempt) => opened.state === attempt.state],
    ['read the JSON of an ID token', () => readJsonObject(payload), (read: Record<string, unknown>) => read.oid === person.oid],
    ['verify an ID token', async () => await verifyIdToken(token, expected), ({ identity }: { identity: { tid: string } }) => identity.tid === tenantId],
    ['score its address', () => scoreEmail(claims, identity, policy), ({ verified }: { verified: boolean }) => verified],
    ['canonical form of an address', () => canonicalAddress(person.email), ({ canonical }: { canonical: string | null }) => canonical === person.email],
    ['decide about a first sign-in', () => decide(linkingPolicy, request, nobody), ({ row }: { row: string }) => row === 'E2'],
    ['check a return target', () => checkReturnTarget('/orders?page=2', returnPolicy), (target: string) => target === '/orders?page=2'],
    ['key of a session', () => sessionKeyOf(sessionId), (key: string) => key.length === 43],
    ['user of a stored session', () => readSessionRow(row), (read: { user: { id: string } } | null) => read?.user.id === user.id]
  ]
  for (const [name, work, holds] of all) {
    if (!holds(await work() as never)) throw new Error(`${name}: it does not do its work`)
  }
  return all.map(([name, work]) => [name, work])
}
