import t from 'tap'
import { Canaries } from '../canaries.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'

const secret = 'canary-secret-of-more-than-32-characters'

async function setUp (t: Parameters<typeof httpsApp>[0], options = {}) {
  const canaries = new Canaries()
  const test = await httpsApp(t, { secrets: [secret], use_email_as_identifier: true, allow_email_account_merge: true, ...options }, { simulator: { clientSecret: 'canary~client~secret', redirectUris: ['https://app.example/auth/microsoft/callback'] } })
  canaries.add(secret, 'canary~client~secret')
  test.simulator.setTokenResponseHook((response) => {
    canaries.add(...[response.id_token, response.access_token, response.refresh_token].map((token) => token as string | undefined))
    for (const part of String(response.id_token).split('.')) canaries.add(part)
    return response
  })
  for (const { claims, username } of test.simulator.accounts) canaries.add(username, claims.email as string, claims.upn as string)
  return { test, canaries }
}

/** A sign-in by hand, so that all that travels can be noted. */
async function signIn ({ app, simulator }: TestApp, canaries: Canaries, account: string, headers: Record<string, string>) {
  const start = await app.inject({ url: '/auth/microsoft/login?return_to=/me&login_hint=canary-hint@contoso.example', headers })
  canaries.add('canary-hint@contoso.example')
  const url = new URL(start.headers.location!)
  const attempt = [start.headers['set-cookie']].flat()[0]!.split(';')[0]!
  canaries.add(url.searchParams.get('state'), url.searchParams.get('nonce'), url.searchParams.get('code_challenge'), attempt.split('=').slice(1).join('='))
  const answer = await simulator.fetch(url, { method: 'POST', body: new URLSearchParams({ simulator_account: account }), redirect: 'manual' })
  const target = new URL(answer.headers.get('location')!)
  canaries.add(target.searchParams.get('code'))
  return { start, target, attempt, callback: await app.inject({ url: target.pathname + target.search, headers: { ...headers, cookie: attempt } }) }
}

t.test('the log of a whole journey, at trace level, holds no token, code, verifier, secret, cookie or address', async (t) => {
  for (const headers of [program, navigation]) {
    const { test, canaries } = await setUp(t)
    const { callback, start } = await signIn(test, canaries, 'ada', headers)
    const cookie = [callback.headers['set-cookie']].flat().find((one) => one!.startsWith('__Host-entra-session='))!.split(';')[0]!
    canaries.addCookies({ session: cookie.split('=').slice(1).join('=') })
    await test.app.inject({ url: '/me', headers: { ...headers, cookie } })
    const account = await test.app.inject({ url: '/auth/account', headers: { ...headers, cookie } })
    canaries.add(/csrf_token" value="([^"]+)/.exec(account.body)![1])
    await test.app.inject({ method: 'POST', url: '/auth/logout', headers: { ...headers, cookie, origin: 'https://app.example' } })
    t.ok(canaries.values.size > 30)
    t.same(canaries.foundIn(test.log()), [])
    t.match(test.log(), '/auth/microsoft/callback', 'the positive control: the requests are there')
    const urls = [start.headers.location, callback.headers.location].join(' ')
    for (const hidden of [secret, 'canary~client~secret', cookie.split('=')[1]!]) t.notMatch(urls, hidden)
  }
})

t.test('the log of each failure holds none of it either, and says why', async (t) => {
  const { test, canaries } = await setUp(t)
  await signIn(test, canaries, 'ada', program)
  const attempt = async (why: string, run: () => Promise<unknown>) => {
    await run()
    t.match(test.log(), `"reason":"${why}"`, why)
  }
  await attempt('linking_C3', async () => await signIn(test, canaries, 'mallory', program))
  await attempt('linking_D2', async () => await signIn(test, canaries, 'adam', program))
  await attempt('authorization_access_denied', async () => await signIn(test, canaries, 'carl', program))
  await attempt('used_attempt', async () => {
    const { target, attempt: cookie } = await signIn(test, canaries, 'pat', program)
    await test.app.inject({ url: target.pathname + target.search, headers: { ...program, cookie } })
  })
  await attempt('attempt_cookie_absent', async () => {
    const { target } = await signIn(test, canaries, 'pat', program)
    await test.app.inject({ url: target.pathname + target.search, headers: { ...program, host: 'app.example' } })
  })
  await attempt('nonce', async () => {
    const kept: unknown[] = []
    test.simulator.setTokenResponseHook((response) => {
      kept.push(response.id_token)
      canaries.add(response.id_token as string, response.access_token as string)
      return { ...response, id_token: kept[0] }
    })
    await signIn(test, canaries, 'pat', program)
    await signIn(test, canaries, 'pat', program)
  })
  await attempt('no_id_token', async () => {
    test.simulator.setTokenResponseHook((response) => ({ access_token: response.access_token }))
    await signIn(test, canaries, 'pat', program)
  })
  await attempt('return_target_not_listed', async () => await test.app.inject({ url: '/auth/microsoft/login?return_to=https://canary.example/', headers: program }))
  canaries.add('canary.example')
  t.same(canaries.foundIn(test.log()), [])
})

t.test('a wrong client secret is an error in the log, with Microsoft\'s number and without the secret', async (t) => {
  const { test, canaries } = await setUp(t, { clientSecret: 'canary~other~secret' })
  canaries.add('canary~other~secret')
  t.match((await signIn(test, canaries, 'pat', program)).callback.json(), { statusCode: 502, code: 'provider_error' })
  t.match(test.log(), /"level":50.*"reason":"token_invalid_client","aadsts":7000215,"correlationId":"[0-9a-f-]{36}","actor":"developer","remedy":"The client secret is wrong/)
  t.same(canaries.foundIn(test.log()), [])
})

t.test('a token without oid is refused, and the log names the scope that brings it', async (t) => {
  const { test } = await setUp(t)
  const { response } = await test.simulator.signIn(test.app, 'ada', { claims: { oid: undefined }, headers: program })
  t.match(response.json(), { statusCode: 401, code: 'invalid_token' }, 'T29')
  t.match(test.log(), /"reason":"missing_oid","remedy":"Ask for the scope \\"profile\\"/)
})

t.test('the decorators show no secret to whoever prints them', async (t) => {
  const { inspect } = await import('node:util')
  const { test } = await setUp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const shown = JSON.stringify((await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json()) + inspect(test.app.accounts, { depth: 9 }) + test.app.printPlugins() + test.app.printRoutes()
  for (const hidden of [secret, 'canary~client~secret']) t.notMatch(shown, hidden, 'X04')
})
