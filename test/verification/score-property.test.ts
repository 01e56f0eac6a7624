import fc from 'fast-check'
import t from 'tap'
import { canonicalAddress } from '../../src/verification/address.ts'
import { scoreEmail } from '../../src/verification/score.ts'
import type { EmailPolicy, Identity } from '../../src/verification/types.ts'
import { verifiedEmailOf } from '../../src/verification/verified-email.ts'
import { ada, contoso } from './tokens.ts'

const identity: Identity = {
  tid: contoso, oid: ada, sub: 'sub', iss: `https://login.microsoftonline.com/${contoso}/v2.0`, authority: 'https://login.microsoftonline.com'
}

const address = fc.constantFrom(
  'victim@corp.example', 'VICTIM@corp.example', 'victim@corp.example ', 'mallory@attacker.example', 'victim_corp.example#EXT#@attacker.onmicrosoft.com',
  'mallory@attacker.onmicrosoft.com', 'victim@c\u043erp.example', 'x', ''
)
const anything = fc.oneof(
  { weight: 5, arbitrary: address }, fc.array(address, { maxLength: 3 }), fc.boolean(), fc.constantFrom<unknown>(null, 0, 1, '1', 'true', {}, [true]), fc.jsonValue({ maxDepth: 2 })
)
/** Whatever `xms_edov` can be that is not true. */
const untrue = anything.filter((value) => value !== true && value !== 'true' && value !== '1')

// What tenants and people can set at will, and names that look as if they proved something.
const settable = [
  'email', 'preferred_username', 'unique_name', 'name', 'given_name', 'nickname', 'login_hint', 'email_verified', 'emailVerified', 'email_domain_owner_verified', 'edov', 'XMS_EDOV', 'xms_edov ',
  'verified', 'emails', 'mail', 'otherMails', 'proxyAddresses', 'phone_number_verified', 'roles', 'groups', '__proto__', 'constructor', 'extn.email', 'sub', 'threshold', 'canonical', 'score'
]
// What Microsoft decides, and a person may still get into a token.
const restricted = ['upn', 'acct', 'idp', 'idtyp', 'verified_primary_email', 'verified_secondary_email', 'tid', 'iss']

const claimsFrom = (names: string[]): fc.Arbitrary<Record<string, unknown>> => fc.tuple(
  fc.dictionary(fc.constantFrom(...names), anything, { maxKeys: 12 }), fc.option(untrue, { nil: undefined }), address
).map(([claims, edov, email]) => ({ ...claims, email: claims.email ?? email, ...(edov === undefined ? {} : { xms_edov: edov }) }))

const policies: fc.Arbitrary<EmailPolicy> = fc.record({
  threshold: fc.integer({ min: 50, max: 100 }),
  emailSources: fc.constantFrom<EmailPolicy['emailSources']>(['email'], ['upn'], ['email', 'upn'], ['upn', 'email']),
  strictEdov: fc.boolean(),
  tenantDomains: fc.constant({})
})

t.test('no claim that a tenant or a person can set lifts an address to 50, under any option (E25)', async () => {
  fc.assert(fc.property(claimsFrom(settable), policies, (claims, policy) => {
    const scored = scoreEmail(claims, identity, policy)
    return scored.score < 50 && !scored.verified && verifiedEmailOf(scored) === null
  }), { seed: 25, numRuns: 15_000 })
})

t.test('a upn of somebody else lifts no address either', async () => {
  fc.assert(fc.property(claimsFrom([...settable, 'upn', 'acct', 'idp', 'idtyp']), policies, (claims, policy) => {
    const scored = scoreEmail(claims, identity, policy)
    const isOwnUpn = scored.canonical !== null && scored.canonical === canonicalAddress(claims.upn).canonical
    return isOwnUpn ? scored.score <= 50 : scored.score < 50
  }), { seed: 26, numRuns: 15_000 })
})

t.test('without a true xms_edov, a bound domain or a code nothing is verified by default (E25)', async () => {
  const standard: EmailPolicy = { threshold: 90, emailSources: ['email'], strictEdov: false, tenantDomains: {} }
  fc.assert(fc.property(claimsFrom([...settable, ...restricted]), (claims) => {
    const scored = scoreEmail(claims, identity, standard)
    return !scored.verified && scored.score <= 70
  }), { seed: 27, numRuns: 15_000 })
})

t.test('the generators reach what they must: the same claims with a true xms_edov are verified', async (t) => {
  const usable = fc.sample(claimsFrom(settable), { seed: 28, numRuns: 500 })
    .map((claims) => scoreEmail({ ...claims, xms_edov: true }, identity, { threshold: 90, emailSources: ['email'], strictEdov: true, tenantDomains: {} }))
    .filter(({ verified }) => verified)
  t.ok(usable.length > 100)
})
