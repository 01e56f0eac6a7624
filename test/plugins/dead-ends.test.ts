import t from 'tap'
import { takesLong } from '../patient.ts'
import { httpsApp, navigation, type TestApp } from './app.ts'

takesLong()

const strict = '7f6b2a54-2c1f-4b75-9d0e-0d8a3c5e9b11'
const redirectUris = ['https://app.example/auth/microsoft/callback', 'https://app.example/auth/microsoft/admin-consent/callback']

/** Where a page leads, and what it says; a person has the way on before their eyes, and one only. */
async function read ({ app }: TestApp, url: string, cookie = '') {
  const { body, statusCode } = await app.inject({ url, headers: { ...navigation, cookie } })
  const steps = Array.from(body.matchAll(/<a class="button" href="([^"]*)">([^<]*)</g), ([, href, text]) => ({ href: href!.replaceAll('&amp;', '&'), text: text! }))
  return { statusCode, text: body.replace(/<style>[^]*<\/style>/, '').replace(/<[^>]*>/g, '').replaceAll('&#39;', "'").replaceAll('&quot;', '"'), steps }
}

t.test('who cancelled goes back to the sign-in page, where they can sign in', async (t) => {
  const test = await httpsApp(t)
  const { location } = await test.simulator.signIn(test.app, 'ada', { cancel: true, headers: navigation })
  const { text, steps } = await read(test, location!)
  t.match(text, 'The sign-in was cancelled, or consent was refused.')
  t.same(steps, [{ href: '/auth/sign-in', text: 'Back to sign-in' }])
  t.equal((await test.simulator.signIn(test.app, 'ada', { headers: navigation })).location, '/auth/account')
})

t.test('whose administrator has to consent is given the address to send, and signs in when that has happened', async (t) => {
  const test = await httpsApp(t, {}, {
    simulator: {
      redirectUris,
      tenants: [{ id: strict, domains: ['strict.example'], userConsent: false }],
      accounts: [{ key: 'worker', tenant: strict, claims: { email: 'worker@strict.example', xms_edov: true } }, { key: 'boss', tenant: strict, isAdministrator: true }]
    }
  })
  const { location } = await test.simulator.signIn(test.app, 'worker', { headers: navigation })
  const { text, steps } = await read(test, location!)
  t.match(text, 'Send them this address: https://app.example/auth/microsoft/admin-consent. When they have allowed it, sign in again.')
  t.same(steps, [{ href: '/auth/sign-in', text: 'Sign in again when it is allowed' }])
  await test.simulator.adminConsent(test.app, 'boss')
  t.equal((await test.simulator.signIn(test.app, 'worker', { headers: navigation })).location, '/auth/account')
})

t.test('whose tenant may not sign in is asked for another account, and is not sent back with the same', async (t) => {
  const test = await httpsApp(t, { allowedTenants: ['9188040d-6c67-4c5b-b112-36a304b66dad'] })
  const { location } = await test.simulator.signIn(test.app, 'ada', { headers: navigation })
  t.equal(location, '/auth/error?error=tenant_not_allowed')
  const { text, steps } = await read(test, location!)
  t.match(text, 'Choose an account of an organisation that may sign in here')
  t.same(steps, [{ href: '/auth/sign-in?prompt=select_account', text: 'Sign in with another account' }])
  t.match((await test.app.inject({ url: steps[0]!.href, headers: navigation })).body, 'href="/auth/microsoft/login?prompt=select_account"', 'Microsoft is told to ask')
  t.equal((await test.simulator.signIn(test.app, 'pat', { headers: navigation })).location, '/auth/account')
})

t.test('whose attempt has expired starts again', async (t) => {
  const test = await httpsApp(t)
  const started = await test.app.inject({ url: '/auth/microsoft/login', headers: navigation })
  const cookie = String(started.headers['set-cookie']).split(';')[0]!
  test.clock.now += 11 * 60_000
  const late = await test.app.inject({ url: `/auth/microsoft/callback?code=x&state=${new URL(started.headers.location!).searchParams.get('state')}`, headers: { ...navigation, cookie } })
  const { text, steps } = await read(test, late.headers.location!)
  t.match(text, 'took longer than ten minutes')
  t.same(steps, [{ href: '/auth/sign-in', text: 'Start again' }])
})

t.test('whose address is in use signs in with the account that has it, and links there; where a code can prove the mailbox, that comes first', async (t) => {
  const test = await httpsApp(t, { use_email_as_identifier: true })
  await test.simulator.signIn(test.app, 'ada')
  const refused = await test.simulator.signIn(test.app, 'ada-home', { headers: navigation })
  const { text, steps } = await read(test, refused.location!)
  t.match(text, 'On your account page you can then link this one to it.')
  t.same(steps, [{ href: '/auth/sign-in?return_to=%2Fauth%2Faccount&prompt=select_account', text: 'Sign in with the account you used before' }])

  const later: { mailer?: TestApp['simulator']['mailer'] } = {}
  const withCodes = await httpsApp(t, { use_email_as_identifier: true, verify_email: true, mailer: async (mail) => await later.mailer!(mail) })
  later.mailer = withCodes.simulator.mailer
  await withCodes.simulator.signIn(withCodes.app, 'ada')
  const asked = await withCodes.simulator.signIn(withCodes.app, 'mallory', { headers: navigation })
  t.equal(asked.location, '/auth/code')
  t.match((await read(withCodes, '/auth/code', asked.cookie)).text, 'Microsoft does not vouch for this address. The code shows that its mail reaches you; it is asked for once.')
})

t.test('every refusal has one step, and it leads to a page that is there', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  for (const error of ['access_denied', 'interaction_required', 'invalid_state', 'invalid_token', 'unverified_email', 'account_disabled', 'reauth_required', 'identity_in_use', 'last_identity', 'session_mismatch', 'otp_locked', 'provider_unavailable', 'server_error', 'made_up']) {
    const { steps } = await read(test, `/auth/error?error=${error}`)
    t.equal(steps.length, 1, error)
    t.equal((await read(test, steps[0]!.href, cookie)).statusCode, 200, `${error}: ${steps[0]!.text}`)
  }
})
