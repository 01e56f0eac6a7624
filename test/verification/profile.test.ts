import t from 'tap'
import { profileOf } from '../../src/verification/profile.ts'

const nameOf = (name: unknown): string | null => profileOf({ name }).displayName

t.test('a profile is what the profile claims say', async (t) => {
  const profile = profileOf({ name: 'Ada Example', given_name: 'Ada', family_name: 'Example', preferred_username: 'ada@contoso.example' })
  t.same(profile, { displayName: 'Ada Example', givenName: 'Ada', familyName: 'Example', preferredUsername: 'ada@contoso.example' })
  t.ok(Object.isFrozen(profile))
  t.same(profileOf({}), { displayName: null, givenName: null, familyName: null, preferredUsername: null })
})

t.test('nothing reaches the store that it refuses, and no page that turns its text around (E20)', async (t) => {
  t.equal(nameOf('A\u0000da\r\n\u0007 Exam\u009fple'), 'Ada Example')
  t.equal(nameOf('Ada\u202eelpmaxE\u2066\u2028'), 'AdaelpmaxE')
  t.equal(nameOf('A\ud800da'), 'Ada')
  t.equal(nameOf('  Ada  '), 'Ada')
  t.equal(nameOf('ਅਦਾ 👩‍💻'), 'ਅਦਾ 👩‍💻', 'people\'s names stay as they are')
})

t.test('what is no text, or nothing of it is left, is no name', async (t) => {
  for (const value of [null, 5, true, ['Ada'], { toString: () => 'Ada' }, '', '   ', '\u0000\u0001']) t.equal(nameOf(value), null, JSON.stringify(value))
  t.equal(profileOf(Object.create({ name: 'inherited' })).displayName, null)
})

t.test('a name has at most 200 characters, and none is cut in two (S15, D19)', async (t) => {
  t.equal(nameOf('x'.repeat(100_000)), 'x'.repeat(200))
  t.equal(nameOf('😀'.repeat(300)), '😀'.repeat(200))
  t.equal(nameOf(`${'x'.repeat(199)} ${'y'.repeat(10)}`), 'x'.repeat(199), 'no space is left at the end')
})

t.test('a name that a directory makes up for a guest is no name, and is never read as an address (E08)', async (t) => {
  for (const made of ['grace_fabrikam.example#EXT#@contoso.onmicrosoft.com', 'grace_fabrikam.example_EXT_@contoso.onmicrosoft.com', 'grace_fabrikam.example#ext#']) {
    const profile = profileOf({ name: made, preferred_username: made, given_name: 'Grace' })
    t.same(profile, { displayName: null, givenName: 'Grace', familyName: null, preferredUsername: null }, made)
  }
  t.equal(profileOf({ preferred_username: 'grace@fabrikam.example' }).preferredUsername, 'grace@fabrikam.example', 'the name at home')
})
