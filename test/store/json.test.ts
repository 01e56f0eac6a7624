import t from 'tap'
import { asObject, parseObject, readProfile, readScoredEmail } from '../../src/store/json.ts'

const email = {
  address: 'Ann@example.com',
  canonical: 'ann@example.com',
  source: 'email',
  score: 90,
  verified: true,
  evidence: [{ kind: 'domain_owner_verified', score: 90, sentence: 'Microsoft vouches for the domain.' }]
}

t.test('a scored e-mail is read as it was written', async (t) => {
  t.same(readScoredEmail(parseObject(JSON.stringify(email))), email)
  const none = { address: null, canonical: null, source: null, score: 0, verified: false, evidence: [] }
  t.same(readScoredEmail(none), none)
})

t.test('what is read cannot be changed', async (t) => {
  const read = readScoredEmail(email)!
  t.ok([read, read.evidence, read.evidence[0]!].every(Object.isFrozen))
})

t.test('a scored e-mail with anything wrong in it is none', async (t) => {
  const changes: Array<[string, unknown]> = [
    ['address', 5], ['canonical', {}], ['source', 'name'], ['source', 'constructor'], ['score', 101], ['score', -1],
    ['score', 89.5], ['score', '90'], ['verified', 1], ['verified', 'true'], ['evidence', null], ['evidence', {}], ['evidence', ['upn']],
    ['evidence', [null]], ['evidence', [{ ...email.evidence[0], kind: 'toString' }]], ['evidence', [{ ...email.evidence[0], score: null }]],
    ['evidence', [{ ...email.evidence[0], sentence: ['x'] }]]
  ]
  for (const [name, value] of changes) {
    t.equal(readScoredEmail({ ...email, [name]: value }), null, `${name}: ${JSON.stringify(value)}`)
  }
  for (const value of [null, undefined, [], 'x', 5]) t.equal(readScoredEmail(value), null)
})

t.test('members that nobody knows are left out, and no prototype changes (S16)', async (t) => {
  const text = `{"__proto__":{"verified":true},"constructor":{"prototype":{"polluted":1}},"toString":1,${JSON.stringify(email).slice(1)}`
  t.same(Object.keys(readScoredEmail(parseObject(text))!), ['address', 'canonical', 'source', 'score', 'verified', 'evidence'])
  t.equal(Object.getPrototypeOf(readScoredEmail(parseObject(text))), Object.prototype)
  t.equal(({} as { polluted?: unknown }).polluted, undefined)
})

t.test('what is no object in JSON is none', async (t) => {
  for (const text of ['', '{', 'null', '5', '"x"', '[]', undefined, null]) t.equal(parseObject(text), null)
  t.equal(asObject(['a']), null)
})

t.test('a profile keeps what is text', async (t) => {
  const profile = { displayName: 'Ann', givenName: null, familyName: 'Lee', preferredUsername: 'ann' }
  t.same(readProfile(profile), profile)
  t.same(readProfile({ displayName: 5, familyName: ['Lee'] }), { displayName: null, givenName: null, familyName: null, preferredUsername: null })
  t.same(readProfile(null), { displayName: null, givenName: null, familyName: null, preferredUsername: null })
})
