import fc from 'fast-check'
import t from 'tap'
import { canonicalAddress } from '../../src/verification/address.ts'
import { scoreEmail } from '../../src/verification/score.ts'
import type { EmailPolicy, Identity } from '../../src/verification/types.ts'
import { verifiedEmailOf } from '../../src/verification/verified-email.ts'
import { claimsFrom, policies, restricted, settable } from './settable-claims.ts'
import { ada, contoso } from './tokens.ts'

const identity: Identity = {
  tid: contoso, oid: ada, sub: 'sub', iss: `https://login.microsoftonline.com/${contoso}/v2.0`, authority: 'https://login.microsoftonline.com'
}

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
