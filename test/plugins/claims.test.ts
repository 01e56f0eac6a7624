import t from 'tap'
import type { SignInResult } from '../../plugins/sign-in-result.ts'
import { builtInTenants } from '../../src/simulator/tenants.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'

takesLong()

const contoso = builtInTenants.contoso.id

async function userAfter ({ app }: TestApp, cookie: string) {
  return (await app.inject({ url: '/me', headers: { ...program, cookie } })).json()
}

t.test('the app roles of a person are on each request of their session, as of the last sign-in', async (t) => {
  const test = await httpsApp(t)
  const { app, simulator } = test
  simulator.setClaims('ada', { roles: ['Editor', 'Reader', 5, 'not a role'] })
  const { cookie } = await simulator.signIn(app, 'ada')
  t.same((await userAfter(test, cookie)).roles, ['Editor', 'Reader'])
  simulator.setClaims('ada', { roles: undefined })
  t.same((await userAfter(test, cookie)).roles, ['Editor', 'Reader'], 'until then')
  t.same((await userAfter(test, (await simulator.signIn(app, 'ada')).cookie)).roles, [])
})

t.test('a customer\'s administrator cannot make an administrator of the application (tenantRoles)', async (t) => {
  const test = await httpsApp(t, { tenantRoles: { [contoso.toUpperCase()]: ['Admin', 'Editor'] } })
  const { app, simulator } = test
  const rolesOf = async (account: string, roles: unknown) => (await userAfter(test, (await simulator.signIn(app, account, { claims: { roles } })).cookie)).roles
  t.same(await rolesOf('ada', ['Admin', 'Owner']), ['Admin'])
  t.same(await rolesOf('mallory', ['Admin', 'Editor', 'Owner']), [], 'the attack')
  t.same(await rolesOf('ada', ['Admin']), ['Admin'], 'positive control')
  t.match(test.log(), '"withheld":3')
  const open = await httpsApp(t)
  t.same((await userAfter(open, (await open.simulator.signIn(open.app, 'mallory', { claims: { roles: ['Admin'] } })).cookie)).roles, ['Admin'], 'without the option they come as they are')
})

t.test('where the options are narrowed, the roles of sessions that are there already are as well', async (t) => {
  const shared = { database: `${t.testdir({})}/shared.sqlite` }
  const before = await httpsApp(t, shared)
  const { cookie } = await before.simulator.signIn(before.app, 'ada', { claims: { roles: ['Admin', 'Editor'] } })
  t.same((await userAfter(before, cookie)).roles, ['Admin', 'Editor'])
  const after = await httpsApp(t, { ...shared, tenantRoles: { [contoso]: ['Editor'] } })
  t.same((await userAfter(after, cookie)).roles, ['Editor'])
  t.same((await userAfter(await httpsApp(t, { ...shared, tenantRoles: {} }), cookie)).roles, [])
})

t.test('roles that do not fit into a session are left out whole, and the person still signs in (S15)', async (t) => {
  const results: SignInResult[] = []
  const test = await httpsApp(t, { onSignIn: (_request, _reply, result) => { results.push(result) } })
  const roles = Array.from({ length: 60 }, (_, index) => `Role.${index}`.padEnd(120, 'x'))
  const { location, cookie } = await test.simulator.signIn(test.app, 'ada', { claims: { roles } })
  t.equal(location, '/auth/account')
  t.same((await userAfter(test, cookie)).roles, [])
  t.same(results[0]!.token!.roles, roles, 'the application gets them all')
  t.match(test.log(), /"level":40.*"roles":60.*do not fit into a session/)
})

t.test('groups are for the application\'s own end of a sign-in, and never in the session', async (t) => {
  const results: SignInResult[] = []
  const test = await httpsApp(t, { onSignIn: (_request, _reply, result) => { results.push(result) } })
  const ids = Array.from({ length: 200 }, (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`)
  test.simulator.setClaims('grace', { groups: ids })
  const { cookie } = await test.simulator.signIn(test.app, 'grace')
  t.same(results[0]!.token!.groups, { ids, overage: false })
  t.notMatch(await test.rows(), ids[7]!, 'nothing of it is stored')
  t.notOk('groups' in await userAfter(test, cookie))
  t.notMatch(test.log(), 'did not send the groups')
})

t.test('a person in too many groups is not taken for one in none, and the log says what to do', async (t) => {
  const results: SignInResult[] = []
  const test = await httpsApp(t, { onSignIn: (_request, _reply, result) => { results.push(result) } })
  test.simulator.setClaims('ada', { groups: Array.from({ length: 201 }, (_, index) => `group ${index}`) })
  t.equal((await test.simulator.signIn(test.app, 'ada')).location, '/auth/account')
  t.same(results[0]!.token!.groups, { ids: [], overage: true })
  t.match(test.log(), /"level":40.*"remedy":"Use app roles.*did not send the groups/)
  await test.simulator.signIn(test.app, 'ada', { claims: { _claim_names: undefined, _claim_sources: undefined, hasgroups: true } })
  t.same(results[1]!.token!.groups, { ids: [], overage: true })
})

t.test('without asking for groups in the portal there are none, and no overage', async (t) => {
  const results: SignInResult[] = []
  const test = await httpsApp(t, { onSignIn: (_request, _reply, result) => { results.push(result) } }, { simulator: { optionalClaims: ['email', 'xms_edov'] } })
  test.simulator.setClaims('ada', { groups: ['g'], roles: ['Editor'] })
  await test.simulator.signIn(test.app, 'ada')
  t.same(results[0]!.token!.groups, { ids: [], overage: false })
  t.same(results[0]!.token!.roles, ['Editor'], 'roles come unasked')
  t.same(results[0]!.token!.session, { sid: null, loginHint: null, authenticatedAt: null })
})

t.test('the profile is kept in step with Microsoft at each sign-in', async (t) => {
  const test = await httpsApp(t)
  const { app, simulator, clock } = test
  const { id, identity } = await userAfter(test, (await simulator.signIn(app, 'ada')).cookie)
  const profile = async () => (await app.accounts.identities(id)).find(({ oid }) => oid === identity.oid)!.profile
  t.same(await profile(), { displayName: 'Ada Lovelace', givenName: 'Ada', familyName: 'Lovelace', preferredUsername: 'ada@contoso.example' })
  clock.now += 60_000
  const { cookie } = await simulator.signIn(app, 'ada', { claims: { name: 'Ada King', family_name: 'King', preferred_username: 'ada.king@contoso.example' } })
  t.same(await profile(), { displayName: 'Ada King', givenName: 'Ada', familyName: 'King', preferredUsername: 'ada.king@contoso.example' })
  t.equal((await userAfter(test, cookie)).displayName, 'Ada King')
  await simulator.signIn(app, 'ada', { claims: { given_name: undefined, family_name: undefined } })
  t.match(await profile(), { givenName: null, familyName: null }, 'what Microsoft no longer says is gone')
})

t.test('a guest is shown by name, and never by the address-like name that a directory made up (E08)', async (t) => {
  const test = await httpsApp(t, { emailSources: ['upn', 'email'], threshold: 50 })
  const { app, simulator } = test
  const made = 'grace_fabrikam.example#EXT#@contoso.onmicrosoft.com'
  const { cookie } = await simulator.signIn(app, 'grace', { claims: { preferred_username: made } })
  const user = await userAfter(test, cookie)
  t.match(user, { displayName: 'Grace Guest', email: { address: 'grace@fabrikam.example', source: 'email', verified: false } })
  t.match(await app.accounts.identities(user.id), [{ profile: { displayName: 'Grace Guest', preferredUsername: null } }])
  const { body } = await app.inject({ url: '/auth/account', headers: { ...navigation, cookie } })
  t.match(body, '<h1>Grace Guest</h1>')
  t.notMatch(body, '#EXT#')
  t.notMatch(await test.rows(), '#EXT#')
})
