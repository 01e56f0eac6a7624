import t from 'tap'
import { explain } from '../../src/verification/explain.ts'
import { scoreEmail } from '../../src/verification/score.ts'
import type { EmailPolicy, Identity, ScoredEmail, VerifiedEmail } from '../../src/verification/types.ts'
import { verifiedEmailOf } from '../../src/verification/verified-email.ts'
import { ada, contoso } from './tokens.ts'

const policy: EmailPolicy = { threshold: 90, emailSources: ['email'], strictEdov: false, tenantDomains: {} }
const identity: Identity = {
  tid: contoso, oid: ada, sub: 'sub', iss: `https://login.microsoftonline.com/${contoso}/v2.0`, authority: 'https://login.microsoftonline.com'
}
const score = (claims: Record<string, unknown>): ScoredEmail => scoreEmail(claims, identity, policy, { canonical: 'code@contoso.example' })
const email = 'Ada@contoso.example'

t.test('a verified address keeps what carried it', async (t) => {
  const verified = verifiedEmailOf(score({ email, xms_edov: true, upn: email }))!
  t.same(verified, { address: email, canonical: 'ada@contoso.example', score: 90, kind: 'domain_owner_verified' })
  t.ok(Object.isFrozen(verified))
  t.equal(verifiedEmailOf(score({ email: 'code@contoso.example', xms_edov: false }))!.kind, 'mailbox_control')
})

t.test('an unverified address, a denied one and none make no verified one', async (t) => {
  for (const claims of [{ email }, { email, xms_edov: false }, { email, verified_primary_email: [email] }, {}]) {
    t.equal(verifiedEmailOf(score(claims)), null, JSON.stringify(claims))
  }
  const none = score({})
  t.equal(verifiedEmailOf({ ...none, verified: true }), null, 'nor does a record that contradicts itself')
  t.equal(verifiedEmailOf({ ...none, verified: true, address: email }), null)
})

t.test('nothing else can stand where a verified address is wanted', async (t) => {
  // @ts-expect-error A plain object lacks the brand.
  const forged: VerifiedEmail = { address: email, canonical: 'ada@contoso.example', score: 100, kind: 'mailbox_control' }
  // @ts-expect-error So does a scored address, verified or not.
  const scored: VerifiedEmail = score({ email, xms_edov: true })
  t.ok(forged !== scored, 'checked by the compiler')
})

t.test('an explanation is the verdict and then each piece of evidence', async (t) => {
  const verified = score({ email, xms_edov: true, upn: email })
  t.same(explain(verified), ['The e-mail address is verified, with a score of 90 out of 100.', ...verified.evidence.map(({ sentence }) => sentence)])
  t.equal(explain(verified).length, 3)
  t.equal(explain(score({ email }))[0], 'The e-mail address is not verified, with a score of 20 out of 100.')
  t.equal(explain(score({ email: 5 }))[0], 'There is no e-mail address that can be used.')
  for (const claims of [{ email, xms_edov: true }, { email }, { email: `${email} ` }]) t.notMatch(explain(score(claims)).join(' '), /contoso/)
})
