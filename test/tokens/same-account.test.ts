import t from 'tap'
import { isOfSameAccount } from '../../src/tokens/same-account.ts'

const owner = { tid: '62d81b84-3105-40cb-979d-5dd0aafa28d9', oid: '4a35ec4e-5d65-4353-87a8-63d19b3482dc' }
const tokenOf = (claims: unknown): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`

t.test('what a refresh gave is of the account that it was asked for, or of nobody that is said', async (t) => {
  t.equal(isOfSameAccount(undefined, owner), true)
  t.equal(isOfSameAccount(tokenOf({ ...owner, sub: 'x' }), owner), true)
  t.equal(isOfSameAccount(tokenOf({ tid: owner.tid.toUpperCase(), oid: owner.oid.toUpperCase() }), owner), true, 'Microsoft\'s letter case is none')
  t.equal(isOfSameAccount(tokenOf({ sub: 'x' }), owner), true, 'without the scope "profile" it names nobody')
  t.equal(isOfSameAccount(tokenOf({ tid: owner.tid }), owner), true)
  const others = [{ tid: owner.oid }, { oid: owner.tid }, { ...owner, oid: owner.tid }, { ...owner, tid: owner.oid }, { ...owner, oid: [owner.oid] }, { ...owner, tid: null }, [owner], null]
  for (const claims of others) t.equal(isOfSameAccount(tokenOf(claims), owner), false, JSON.stringify(claims))
  for (const text of ['', 'x', 'a.b.c', `.${Buffer.from(`{"tid":"${owner.tid}","oid":"x","oid":"${owner.oid}"}`).toString('base64url')}.`]) t.equal(isOfSameAccount(text, owner), false, text)
})
