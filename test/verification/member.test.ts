import t from 'tap'
import { isGuestUpn, isMember } from '../../src/verification/member.ts'
import type { Identity } from '../../src/verification/types.ts'
import { ada, contoso, mallorys, personal } from './tokens.ts'

const identity: Identity = {
  tid: contoso, oid: ada, sub: 'sub', iss: `https://login.microsoftonline.com/${contoso}/v2.0`, authority: 'https://login.microsoftonline.com'
}
const member = (claims: Record<string, unknown>): boolean => isMember(claims, identity)

t.test('a member is who is not known to be something else', async (t) => {
  for (const claims of [
    {}, { acct: 0 }, { idp: identity.iss }, { idp: `https://sts.windows.net/${contoso}/` }, { upn: 'ada@contoso.example' }, { upn: 'ext@contoso.example' }, { idtyp: 'user' },
    { acct: 0, idp: identity.iss, upn: 'ada@contoso.example', idtyp: 'user' }
  ]) t.equal(member(claims), true, JSON.stringify(claims))
})

t.test('a guest is no member, and what cannot be read counts against (E08, E13)', async (t) => {
  for (const claims of [
    { acct: 1 }, { acct: '0' }, { acct: null }, { acct: false }, { acct: [0] }, { acct: '' },
    { idp: 'live.com' }, { idp: 'google.com' }, { idp: 'facebook.com' }, { idp: 'https://idp.partner.example/saml' }, { idp: `https://sts.windows.net/${mallorys}/` },
    { idp: `https://login.microsoftonline.com/${personal}/v2.0` }, { idp: `https://sts.windows.net/${contoso}` }, { idp: '' }, { idp: null }, { idp: [identity.iss] },
    { upn: 'bob_fabrikam.example#EXT#@contoso.onmicrosoft.com' }, { upn: 'bob_fabrikam.example#ext#@contoso.onmicrosoft.com' },
    { upn: 'bob_fabrikam.example_EXT_@contoso.onmicrosoft.com' }, { upn: 'bob_fabrikam.example_Ext_@contoso.example' },
    { upn: null }, { upn: 5 }, { upn: ['ada@contoso.example'] },
    { idtyp: 'app' }, { idtyp: 'device' }, { idtyp: null }, { idtyp: 'APP' }
  ]) t.equal(member(claims), false, JSON.stringify(claims))
})

t.test('a personal account belongs to no organisation: nobody has proven the domain of its upn', async (t) => {
  t.equal(isMember({ acct: 0, upn: 'ada@contoso.example' }, { ...identity, tid: personal }), false)
  t.equal(isMember({ acct: 0, upn: 'ada@contoso.example' }, identity), true)
})

t.test('only own claims are read', async (t) => {
  t.equal(isMember(Object.create({ acct: 1 }), identity), true)
  t.equal(isGuestUpn(['#EXT#']), false, 'what is no text is no upn at all')
})
