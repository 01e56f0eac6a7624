import t from 'tap'
import { createSimulator, type Simulator, type SimulatorOptions } from '../../plugins/simulator.ts'
import { readAnswer } from '../../plugins/simulator/answer.ts'

const strict = '7f6b2a54-2c1f-4b75-9d0e-0d8a3c5e9b11'
const redirectUri = 'https://app.example/consented'

function simulated (t: { teardown: (end: () => unknown) => void }, options: SimulatorOptions = {}): Simulator {
  const simulator = createSimulator({
    redirectUris: [redirectUri],
    tenants: [{ id: strict, domains: ['strict.example'], userConsent: false }],
    accounts: [
      { key: 'worker', tenant: strict }, { key: 'boss', tenant: strict, isAdministrator: true },
      { key: 'unassigned', tenant: 'contoso.example', fault: 50105 }, { key: 'device', tenant: 'contoso.example', fault: 53000 }, { key: 'blocked', tenant: 'contoso.example', fault: 53003 }
    ],
    ...options
  })
  t.teardown(async () => await simulator.close())
  return simulator
}

async function ask ({ fetch, base, clientId }: Simulator, { tenant = 'organizations', ...query }: Record<string, string> = {}, form?: Record<string, string>, headers = {}) {
  const parameters = new URLSearchParams({ client_id: clientId, scope: 'openid profile', redirect_uri: redirectUri, state: 'the-state', ...query })
  const answer = await fetch(`${base}/${tenant}/v2.0/adminconsent?${parameters.toString()}`, { redirect: 'manual', headers, ...(form && { method: 'POST', body: new URLSearchParams(form) }) })
  const location = answer.headers.get('location')
  return { status: answer.status, body: await answer.text(), answer: location === null ? null : Object.fromEntries(new URL(location).searchParams) }
}

async function authorize ({ fetch, base, clientId }: Simulator, account: string) {
  const parameters = new URLSearchParams({ client_id: clientId, scope: 'openid', response_type: 'code', redirect_uri: redirectUri, state: 's' })
  const answer = await fetch(`${base}/common/oauth2/v2.0/authorize?${parameters.toString()}`, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ simulator_account: account }) })
  return Object.fromEntries(new URL(answer.headers.get('location')!).searchParams)
}

t.test('whoever may not consent is refused with AADSTS90094, until an administrator has', async (t) => {
  const simulator = simulated(t)
  t.match(await authorize(simulator, 'worker'), { error: 'access_denied', error_description: /^AADSTS90094: /, state: 's' })
  t.ok((await authorize(simulator, 'boss')).code, 'an administrator may consent there and then')
  t.ok((await authorize(simulator, 'ada')).code, 'and other tenants are as they were')
  t.same((await ask(simulator, {}, { simulator_account: 'boss' })).answer, { admin_consent: 'True', tenant: strict, scope: 'openid profile', state: 'the-state' })
  t.ok((await authorize(simulator, 'worker')).code)
  t.equal(simulator.requests.adminConsent, 1)
})

t.test('nobody but an administrator of the tenant can answer', async (t) => {
  const simulator = simulated(t)
  for (const [account, tenant] of [['worker', 'organizations'], ['ada', 'organizations'], ['nobody', 'organizations'], ['boss', 'contoso.example']] as const) {
    const { status, body } = await ask(simulator, { tenant }, { simulator_account: account })
    t.equal(status, 400)
    t.match(body, 'AADSTS90094')
  }
  const single = simulated(t, { signInAudience: 'AzureADMyOrg', tenantId: '62d81b84-3105-40cb-979d-5dd0aafa28d9', tenants: [{ id: strict }], accounts: [{ key: 'boss', tenant: strict, isAdministrator: true }] })
  t.match((await ask(single, { tenant: strict }, { simulator_account: 'boss' })).body, 'AADSTS700016')
  t.match((await ask(single, { tenant: '62d81b84-3105-40cb-979d-5dd0aafa28d9' })).body, 'No simulated account administrates this tenant')
  t.match((await authorize(simulator, 'worker')).error_description, 'AADSTS90094', 'and nothing was granted')
})

t.test('declining comes back with admin_consent=True beside the error, as at Microsoft', async (t) => {
  const simulator = simulated(t)
  t.match((await ask(simulator, {}, { simulator_cancel: '1' })).answer, { admin_consent: 'True', error: 'access_denied', error_subcode: 'cancel', error_description: /^AADSTS65004: /, state: 'the-state' })
})

t.test('the page names what is asked for and lists the administrators; opening it consents to nothing', async (t) => {
  const simulator = simulated(t)
  const { status, body } = await ask(simulator, { simulator_account: 'boss', response_mode: 'form_post' })
  t.equal(status, 200)
  t.match(body, 'app.example asks for openid, profile')
  t.match(body, 'Accept as boss')
  t.notMatch(body, 'Accept as worker')
  t.match((await ask(simulator, {}, { simulator_account: 'boss' }, { 'sec-fetch-site': 'cross-site' })), { status: 403 })
  t.match((await authorize(simulator, 'worker')).error_description, 'AADSTS90094')
})

t.test('a wrong request is shown, and never sent back', async (t) => {
  const simulator = simulated(t)
  for (const [query, number] of [
    [{ redirect_uri: 'https://evil.example' }, 50011], [{ client_id: strict }, 700016], [{ scope: '' }, 900144], [{ scope: 'nonsense' }, 70011],
    [{ tenant: 'nowhere.example' }, 90002], [{ tenant: 'common' }, 90023], [{ tenant: 'consumers' }, 90023]
  ] as const) {
    const { status, body, answer } = await ask(simulator, query)
    t.match({ status, answer }, { status: 400, answer: null })
    t.match(body, `AADSTS${number}`)
  }
})

t.test('an administrator\'s rule against one account has Microsoft\'s number', async (t) => {
  const simulator = simulated(t)
  for (const [account, number] of [['unassigned', 50105], ['device', 53000], ['blocked', 53003]] as const) {
    t.match(await authorize(simulator, account), { error: 'access_denied', error_description: new RegExp(`^AADSTS${number}: `) })
  }
  t.throws(() => createSimulator({ accounts: [{ key: 'x', tenant: 'consumers', fault: 1 as never }] }), { message: /option "fault" must be 50105, 53000 or 53003/ })
})

t.test('the test kit reads redirects and the form that posts itself, with what is escaped in it', async (t) => {
  const body = '<form method="post" action="https://app.example/c?a=1&amp;b=2">\n<input type="hidden" name="code" value="&lt;&quot;&#39;&amp;amp;&gt;">\n<input type="hidden" name="state" value="s"></form>'
  const answer = readAnswer({ headers: {}, body } as never)!
  t.equal(answer.url.href, 'https://app.example/c?a=1&b=2')
  t.same(Object.fromEntries(answer.parameters), { code: '<"\'&amp;>', state: 's' })
  t.equal(readAnswer({ headers: {}, body: '<form method="post" action="authorize"></form>' } as never), null, 'the picker is no answer')
})
