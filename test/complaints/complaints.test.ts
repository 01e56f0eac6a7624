/*
 * What people complain of elsewhere, one test each: it ends well, or on a page with one clear next step, and whoever
 * runs the application finds in the log who must act and what to do.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { EntraOptions } from '../../plugins/fastify-entra.ts'
import { createInProcessAgent } from '../../src/simulator/in-process-agent.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, navigation, program, type TestApp } from '../plugins/app.ts'

takesLong()

const contoso = '62d81b84-3105-40cb-979d-5dd0aafa28d9'

/** What a browser is shown at an address. */
async function open ({ app }: TestApp, url: string, cookie = '') {
  const { body, statusCode } = await app.inject({ url, headers: { ...navigation, cookie } })
  const buttons = [...body.matchAll(/<a class="(?:button|microsoft)" href="([^"]*)">(?:<svg[^]*?<\/svg><span>)?([^<]*)</g)].map(([, href, text]) => ({ href: href!.replaceAll('&amp;', '&'), text: text! }))
  return { body, statusCode, buttons }
}

/** The newest refusal in the log. */
function refusalIn ({ log }: TestApp): Record<string, unknown> {
  return log().trim().split('\n').map((line) => JSON.parse(line)).findLast(({ msg }) => msg === 'sign-in refused')
}

/** An application whose token endpoint answers with one of Microsoft's errors. */
async function appWithTokenError (t: Parameters<typeof httpsApp>[0], error: string, number: number) {
  const server = createServer((_request, response) => {
    response.writeHead(401, { 'content-type': 'application/json' })
      .end(JSON.stringify({ error, error_codes: [number], error_description: `AADSTS${number}: canary`, correlation_id: '8478d534-5b2c-4325-8c2c-51395c342c89' }))
  })
  const agent = createInProcessAgent('https:', (socket) => server.emit('connection', socket))
  const microsoft = await httpsApp(t)
  const test = await httpsApp(t, { clientId: microsoft.simulator.clientId, environment: { now: () => microsoft.clock.now, fetch: microsoft.simulator.fetch, agent } })
  return { ...test, signIn: async (headers: Record<string, string> = navigation) => await microsoft.simulator.signIn(test.app, 'ada', { headers }) }
}

t.test('the token has no e-mail claim: the sign-in goes on, or the log names the optional claims to add', async (t) => {
  const lenient = await httpsApp(t)
  const { cookie } = await lenient.simulator.signIn(lenient.app, 'noel')
  t.match((await open(lenient, '/auth/account', cookie)).body, 'Microsoft gave no address that can be used.')

  const test = await httpsApp(t, { requireVerifiedEmail: true })
  for (const [account, remedy] of [['noel', /optional claims "email" and "xms_edov"/], ['amir', /optional claim "xms_edov".*"verify_email"/], ['dora', /"verify_email".*"tenantDomains"/]] as const) {
    const { location } = await test.simulator.signIn(test.app, account, { headers: navigation })
    t.equal(location, '/auth/error?error=unverified_email')
    t.match(refusalIn(test), { reason: 'linking_C2', remedy })
  }
  t.same((await open(test, '/auth/error?error=unverified_email')).buttons, [{ href: '/auth/sign-in?prompt=select_account', text: 'Sign in with another account' }])
})

t.test('what explains an address says that an optional claim is missing', async (t) => {
  const { explain } = await import('../../plugins/verification.ts')
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'noel')
  t.equal((await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json().email, null)
  const { scoreEmail } = await import('../../plugins/verification.ts')
  const policy = { emailSources: ['email'], threshold: 90, strictEdov: false, tenantDomains: {} } as never
  t.match(explain(scoreEmail({}, { tid: contoso, oid: contoso } as never, policy)).join(' '), /claim email: it is not in the token\. Whoever runs the application can ask Microsoft for it, as an optional claim/)
})

t.test('"common" for an application of one tenant (AADSTS50194): Microsoft\'s page and the log say which option', async (t) => {
  const test = await httpsApp(t, {}, { simulator: { redirectUris: ['https://app.example/auth/microsoft/callback'], signInAudience: 'AzureADMyOrg', tenantId: contoso } })
  await t.rejects(test.simulator.signIn(test.app, 'ada'), { message: /the simulator shows AADSTS50194: The application is not multi-tenant, so it must use the endpoint of its own tenant/ })
  const late = await appWithTokenError(t, 'invalid_request', 50194)
  t.equal((await late.signIn()).location, '/auth/error?error=provider_error&help=application_setup')
  t.match(refusalIn(late), { aadsts: 50194, actor: 'developer', remedy: /give its GUID as option "tenant"/, level: 50 })
  const right = await httpsApp(t, { tenant: contoso }, { simulator: { redirectUris: ['https://app.example/auth/microsoft/callback'], signInAudience: 'AzureADMyOrg', tenantId: contoso } })
  t.equal((await right.simulator.signIn(right.app, 'ada')).statusCode, 303, 'and with it, it works')
})

t.test('the client secret has expired (AADSTS7000222): the person reads that it is not them, the log alerts', async (t) => {
  const test = await appWithTokenError(t, 'invalid_client', 7000222)
  const { location } = await test.signIn()
  t.equal(location, '/auth/error?error=provider_error&help=application_setup')
  const page = await open(test, location!)
  t.match(page.body, 'It is nothing that you have done.')
  t.same(page.buttons.map(({ text }) => text), ['Back to sign-in'])
  t.match(refusalIn(test), { level: 50, aadsts: 7000222, actor: 'developer', correlationId: '8478d534-5b2c-4325-8c2c-51395c342c89', remedy: /has expired: make a new one/ })
  t.notMatch(test.log() + page.body, 'canary')
  const { response } = await test.signIn(program)
  t.same(response.json(), { statusCode: 502, code: 'provider_error', error: 'Bad Gateway', message: 'Microsoft gave an answer that cannot be used.' }, 'JSON has the shape that it had')
})

t.test('the redirect URI is registered for the platform Single-page application (AADSTS9002327): the log says Web', async (t) => {
  const test = await httpsApp(t, {}, { simulator: { redirectUris: ['https://app.example/auth/microsoft/callback'], platform: 'spa' } })
  t.equal((await test.simulator.signIn(test.app, 'ada', { headers: navigation })).location, '/auth/error?error=provider_error&help=application_setup')
  t.match(refusalIn(test), { aadsts: 9002327, actor: 'developer', remedy: /move it to Web/ })
})

t.test('a guest\'s made-up name (#EXT#) is neither an address nor shown as one', async (t) => {
  const test = await httpsApp(t, { preset: 'upn' }, { simulator: { redirectUris: ['https://app.example/auth/microsoft/callback'] } })
  t.equal((await test.simulator.signIn(test.app, 'grace', { headers: navigation })).location, '/auth/error?error=unverified_email', 'the upn proves nothing')
  const lenient = await httpsApp(t)
  const { cookie } = await lenient.simulator.signIn(lenient.app, 'grace')
  const { body } = await open(lenient, '/auth/account', cookie)
  t.notMatch(body, '#EXT#')
  t.match(body, 'Grace Guest')
  t.match(body, 'grace@fabrikam.example')
})

t.test('cookies too large (431): five attempts, two answers and a session stay far below 16 KiB', async (t) => {
  for (const responseMode of ['query', 'form_post'] as const) {
    const test = await httpsApp(t, { responseMode })
    const jar = new Map<string, string>()
    const keep = (headers: { readonly 'set-cookie'?: string | string[] | undefined }): void => {
      for (const one of [headers['set-cookie'] ?? []].flat()) {
        const [name, value] = one.split(';', 1)[0]!.split(/=(.*)/s) as [string, string]
        if (value === '') jar.delete(name)
        else jar.set(name, value)
      }
    }
    const header = (): string => [...jar].map((pair) => pair.join('=')).join('; ')
    for (const [name, value] of Object.entries((await test.simulator.signIn(test.app, 'ada')).cookies)) jar.set(name, value)
    for (let tab = 0; tab < 7; tab++) {
      test.clock.now += 1_000
      const started = await test.app.inject({ url: `/auth/microsoft/login?return_to=/${'x'.repeat(tab % 2 === 0 ? 900 : 10)}`, headers: { ...navigation, cookie: header() } })
      keep(started.headers)
      if (responseMode === 'query') continue
      const state = new URL(started.headers.location!).searchParams.get('state')!
      keep((await test.app.inject({
        method: 'POST',
        url: '/auth/microsoft/callback',
        headers: { ...navigation, cookie: header(), 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams({ code: 'c'.repeat(1_300), state }).toString()
      })).headers)
    }
    t.ok(header().length > 2_000 && header().length < 12_000, `${responseMode}: ${header().length} characters`)
    await test.app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = test.app.server.address() as AddressInfo
    const status = async (cookie: string) => (await fetch(`http://127.0.0.1:${port}/me`, { headers: { ...program, cookie } })).status
    t.equal(await status(header()), 200, 'the session is found among them, over HTTP')
    t.equal(await status(`${header()}; other=${'x'.repeat(16_384)}`), 431, 'beyond that Node answers before any route of anybody\'s')
  }
})

t.test('cookies of attempts that are over are cleared where they are met', async (t) => {
  const test = await httpsApp(t)
  const start = await test.app.inject({ url: '/auth/microsoft/login', headers: navigation })
  const cookie = String(start.headers['set-cookie']).split(';')[0]!
  const [name] = cookie.split('=')
  const state = new URL(start.headers.location!).searchParams.get('state')!
  for (const [value, minutes] of [[cookie, 11], [`${name}=garbage`, 0]] as const) {
    test.clock.now += minutes * 60_000
    const answer = await test.app.inject({ url: `/auth/microsoft/callback?code=c&state=${state}`, headers: { ...program, cookie: value } })
    t.match(String(answer.headers['set-cookie']), new RegExp(`^${name!}=;.*Max-Age=0`))
  }
})

t.test('the state is lost: the page offers to start again, and the log says what became of the cookie', async (t) => {
  const test = await httpsApp(t)
  const comeBack = async (cookie: string, state: string, headers: Record<string, string> = {}) =>
    (await test.app.inject({ url: `/auth/microsoft/callback?code=c&state=${state}`, headers: { ...navigation, host: 'app.example', cookie, ...headers } })).headers.location
  const start = async () => {
    const { headers } = await test.app.inject({ url: '/auth/microsoft/login', headers: { ...navigation, host: 'app.example' } })
    return { cookie: String(headers['set-cookie']).split(';')[0]!, state: new URL(headers.location!).searchParams.get('state')! }
  }
  const { cookie, state } = await start()
  const expect = async (reason: string, remedy: RegExp, location: Promise<string | undefined>) => {
    t.equal(await location, '/auth/error?error=invalid_state', reason)
    t.match(refusalIn(test), { code: 'invalid_state', reason, remedy })
  }
  await expect('attempt_cookie_absent', /the button "back".*keeps no cookies/, comeBack('', state))
  await expect('attempt_cookie_absent', /no cookie/, comeBack(cookie, `${state.slice(0, 10)}${'x'.repeat(33)}`))
  await expect('attempt_of_other_host', /"baseUrl" alone/, comeBack('', state, { host: '127.0.0.1:3000' }))
  await expect('attempt_unreadable', /same option "secrets"/, comeBack(`${cookie.split('=')[0]!}=x`, state))
  await comeBack(cookie, state)
  t.match(refusalIn(test), { reason: 'token_invalid_grant', aadsts: 9002313 }, 'the positive control: this one is found, and Microsoft does not know its code')
  await expect('used_attempt', /was finished before/, comeBack(cookie, state))
  const late = await start()
  test.clock.now += 11 * 60_000
  await expect('attempt_expired', /ten minutes/, comeBack(late.cookie, late.state))
  const { body, buttons } = await open(test, '/auth/error?error=invalid_state')
  t.match(body, 'the button &quot;back&quot;')
  t.same(buttons, [{ href: '/auth/sign-in', text: 'Start again' }])
})

t.test('email_in_use is no dead end: the account of before is asked for, and this one is linked there', async (t) => {
  const test = await httpsApp(t, { use_email_as_identifier: true })
  await test.simulator.signIn(test.app, 'ada')
  const refused = await test.simulator.signIn(test.app, 'ada-home', { headers: navigation })
  t.equal(refused.location, '/auth/error?error=email_in_use')
  t.match(refusalIn(test), { reason: 'linking_D4', remedy: /links this account by hand/ })
  const page = await open(test, refused.location!)
  t.match(page.body, 'On your account page you can then link this one to it.')
  t.same(page.buttons, [{ href: '/auth/sign-in?return_to=%2Fauth%2Faccount&prompt=select_account', text: 'Sign in with the account you used before' }])

  const [toMicrosoft] = (await open(test, page.buttons[0]!.href)).buttons
  t.equal(toMicrosoft!.href, '/auth/microsoft/login?return_to=%2Fauth%2Faccount&prompt=select_account', 'Microsoft would take the same account without a word')
  const [, query] = toMicrosoft!.href.split('?')
  const { cookie, location } = await test.simulator.signIn(test.app, 'ada', { query: Object.fromEntries(new URLSearchParams(query)) })
  t.equal(location, '/auth/account')
  t.match((await open(test, location!, cookie)).body, 'Link another Microsoft account')
  t.match(await test.simulator.link(test.app, 'ada-home', { cookie }), { statusCode: 303, location: '/auth/account' })
  t.equal((await test.simulator.signIn(test.app, 'ada-home')).statusCode, 303, 'and from then on both lead in')
})

t.test('email_in_use where Microsoft does not vouch for the address: with verify_email a code leads out', async (t) => {
  const options: Partial<EntraOptions> = { use_email_as_identifier: true, allow_email_account_merge: true }
  const without = await httpsApp(t, options)
  await without.simulator.signIn(without.app, 'ada')
  t.equal((await without.simulator.signIn(without.app, 'amir', { claims: { email: 'ada@contoso.example', tid: contoso }, headers: navigation })).location, '/auth/error?error=email_in_use')
  t.match(refusalIn(without), { reason: 'linking_C3', remedy: /"verify_email"/ })
  const later: { mailer?: TestApp['simulator']['mailer'] } = {}
  const test = await httpsApp(t, { ...options, verify_email: true, mailer: async (mail) => await later.mailer!(mail) })
  later.mailer = test.simulator.mailer
  await test.simulator.signIn(test.app, 'ada')
  t.equal((await test.simulator.signIn(test.app, 'mallory', { headers: navigation })).location, '/auth/code', 'whoever reads the mailbox proves it there')
})

t.test('an administrator must act: each help word has its page, and a word that does not fit is ignored', async (t) => {
  const accounts = ([['unassigned', 50105], ['device', 53000], ['blocked', 53003]] as const).map(([key, fault]) => ({ key, tenant: 'contoso.example', fault }))
  const test = await httpsApp(t, {}, { simulator: { redirectUris: ['https://app.example/auth/microsoft/callback'], accounts } })
  for (const [account, help, words] of [['unassigned', 'not_assigned', 'has assigned'], ['device', 'device_or_policy', 'A rule of your organisation'], ['blocked', 'device_or_policy', 'A rule of your organisation']] as const) {
    const { location } = await test.simulator.signIn(test.app, account, { headers: navigation })
    t.equal(location, `/auth/error?error=access_denied&help=${help}`)
    t.match(refusalIn(test), { actor: 'administrator', correlationId: /^[\da-f-]{36}$/ })
    const page = await open(test, location!)
    t.match(page.body, words)
    t.same(page.buttons.map(({ text }) => text), ['Sign in with another account'], 'Microsoft would take the same one without a word')
  }
  const plain = (await open(test, '/auth/error?error=access_denied')).body
  for (const help of ['admin_consen', 'other_account', '<script>', 'toString', '', 'admin_consent&help=admin_consent']) {
    t.equal((await open(test, `/auth/error?error=access_denied&help=${help}`)).body, plain, help)
  }
})

t.test('an application\'s own error page gets the help word beside the code', async (t) => {
  const accounts = [{ key: 'unassigned', tenant: 'contoso.example', fault: 50105 as const }]
  const test = await httpsApp(t, { errorRedirectUrl: 'https://spa.example/error?app=1' }, { simulator: { redirectUris: ['https://app.example/auth/microsoft/callback'], accounts } })
  t.equal((await test.simulator.signIn(test.app, 'unassigned', { headers: navigation })).location, 'https://spa.example/error?app=1&error=access_denied&help=not_assigned')
})
