import t from 'tap'
import { builtInTenants } from '../../src/simulator/tenants.ts'
import { httpsApp, program } from './app.ts'
import { codesApp } from './codes.ts'

const mallory = builtInTenants.mallory.id
const merging = { use_email_as_identifier: true, allow_email_account_merge: true } as const
const stated = (number: number, email = 'ada@contoso.example') => ({ headers: program, claims: { email, oid: `05a075fd-720d-494c-a60d-5${String(number).padStart(11, '0')}` } })

t.test('a tenant that the options name may meet others as often as it does, and personal accounts are nobody\'s tenant', async (t) => {
  const codeOf = async (options: object, account: string, claims = {}): Promise<string[]> => {
    const test = await httpsApp(t, { ...merging, collisionsPerTenant: 1, ...options })
    await test.simulator.signIn(test.app, 'ada')
    const codes: string[] = []
    for (const number of [1, 2]) {
      const { response } = await test.simulator.signIn(test.app, account, { headers: program, claims: { ...stated(number).claims, ...claims } })
      codes.push(response.json().code)
    }
    return codes
  }
  t.same(await codeOf({}, 'mallory'), ['email_in_use', 'too_many_requests'])
  t.same(await codeOf({ allowedTenants: [mallory, builtInTenants.contoso.id] }, 'mallory'), ['email_in_use', 'email_in_use'])
  t.same(await codeOf({ allowedTenants: () => true }, 'mallory'), ['email_in_use', 'too_many_requests'], 'a function names nobody')
  t.same(await codeOf({}, 'pat', { xms_edov: undefined }), ['email_in_use', 'email_in_use'])
})

t.test('the log says which option it is, without an address', async (t) => {
  const test = await httpsApp(t, { ...merging, collisionsPerTenant: 1 })
  await test.simulator.signIn(test.app, 'ada')
  for (const number of [1, 2]) await test.simulator.signIn(test.app, 'mallory', stated(number))
  const line = test.log().split('\n').find((one) => one.includes('tenant_limit_collision'))!
  t.match(line, '\\"collisionsPerTenant\\"')
  t.notMatch(line, 'ada@contoso.example')
})

t.test('a tenant that the options name has as many codes mailed as its people need', async (t) => {
  const test = await codesApp(t, { codesPerTenant: 1, allowedTenants: [mallory] })
  for (const number of [1, 2, 3]) await test.begin('mallory', { ...stated(number, `new${number}@mallory.example`), headers: {} })
  t.equal(test.simulator.mails.length, 3)
  const strangers = await codesApp(t, { codesPerTenant: 1 })
  await strangers.begin('mallory')
  const { response } = await strangers.simulator.signIn(strangers.app, 'mallory', stated(2))
  t.match({ ...response.json(), ...response.headers }, { code: 'too_many_requests', 'retry-after': '3600' })
})

t.test('how much a tenant may do is a number', async (t) => {
  for (const [name, value] of [['collisionsPerTenant', 0], ['collisionsPerTenant', 1_001], ['collisionsPerTenant', '5'], ['codesPerTenant', 0], ['codesPerTenant', 1.5], ['codesPerTenant', false]] as const) {
    await t.rejects(httpsApp(t, { [name]: value }), { message: new RegExp(`option "${name}" must be a number of (?:sign-ins|mails) from 1 to 1000, but .* was given\\. Tenants that are named`) })
  }
})
