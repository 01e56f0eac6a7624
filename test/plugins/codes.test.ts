import t from 'tap'
import { requireUser } from '../../plugins/fastify-entra.ts'
import { navigation, program } from './app.ts'
import { type CodesApp, codesApp, cookiesOf } from './codes.ts'

// What a refused or cancelled code may leave: that it was tried.
const traces = ['used_attempts', 'code_events', 'audit']
const minute = 60_000

const me = async ({ app }: CodesApp, cookie: string) => (await app.inject({ url: '/me', headers: { ...program, cookie } })).json()
const sessionOf = (response: Parameters<typeof cookiesOf>[0]) => `__Host-entra-session=${cookiesOf(response)['__Host-entra-session']}`

t.test('a new identity whose address nobody vouches for proves it by the code that is mailed there', async (t) => {
  const test = await codesApp(t, { applicationName: 'Contoso' })
  const before = await test.rows(['used_attempts', 'challenges', 'code_events', 'audit'])
  const { location, cookie, cookies } = await test.begin('amir', { query: { return_to: '/me' } })
  t.equal(location, '/auth/code')
  t.match(cookies['__Host-entra-code'], /^[\w-]{43}$/)
  t.equal(cookies['__Host-entra-session'], undefined, 'nobody is signed in yet')
  t.equal(await test.rows(['used_attempts', 'challenges', 'code_events', 'audit']), before, 'and nothing was created')
  t.match(test.simulator.mails, [{ to: 'amir@contoso.example', subject: 'Your code for Contoso' }])

  const answer = await test.form(cookie, { code: test.code() })
  t.match(answer, { statusCode: 303, headers: { location: '/me' } })
  t.equal(cookiesOf(answer)['__Host-entra-code'], '')
  const user = await me(test, sessionOf(answer))
  t.match(user, { displayName: 'Amir Asserted', email: { address: 'amir@contoso.example', score: 100, verified: true, evidence: [{ kind: 'mailbox_control', score: 100 }] } })
  t.equal((await test.app.accounts.findByEmail('amir@contoso.example'))!.id, user.id)
  t.equal((await test.simulator.signIn(test.app, 'amir')).cookies['__Host-entra-code'], undefined, 'a known identity is not asked again')
})

t.test('what a code has proven for an identity and an address stays proven, for these two alone', async (t) => {
  const changes: unknown[] = []
  const test = await codesApp(t, { onEmailChange: ({ type }) => { changes.push(type) } })
  const { cookie } = await test.begin('amir')
  const first = await me(test, sessionOf(await test.json(cookie, { code: test.code() })))
  const again = await me(test, (await test.simulator.signIn(test.app, 'amir')).cookie)
  t.match(again, { id: first.id, email: { score: 100, verified: true, evidence: [{ kind: 'mailbox_control' }] } })
  t.same(changes, [], 'nothing has changed')

  const other = await me(test, (await test.simulator.signIn(test.app, 'amir', { claims: { email: 'other@contoso.example' } })).cookie)
  t.match(other, { id: first.id, email: { score: 20, verified: false } }, 'another address of the same identity is not proven')
  const second = await test.begin('dora', { claims: { email: 'amir@contoso.example' } })
  t.equal((await test.status(second.cookie)).statusCode, 200, 'the same address of another identity is not, either')
  await test.app.accounts.releaseEmail(first.id, 'amir@contoso.example')
  t.match(await me(test, (await test.simulator.signIn(test.app, 'amir')).cookie), { email: { score: 20, verified: false } }, 'what is released is forgotten')
})

t.test('the cookie of a code is __Host-, Secure, HttpOnly, Lax and ends with the challenge', async (t) => {
  const test = await codesApp(t)
  const { response } = await test.begin('amir')
  const line = [response.headers['set-cookie']].flat().find((one) => one!.startsWith('__Host-entra-code='))
  t.match(line, /^__Host-entra-code=[\w-]{43}; Max-Age=1800; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
})

t.test('a denied address is asked for a code, too; a verified or missing one is not', async (t) => {
  const test = await codesApp(t)
  await test.begin('dora')
  for (const account of ['ada', 'noel']) t.equal((await test.simulator.signIn(test.app, account)).location, '/auth/account', account)
  t.equal(test.simulator.mails.length, 1)
})

t.test('what is no address gets no mail', async (t) => {
  const test = await codesApp(t)
  for (const email of ['"victim"@corp.example', 'victim(c)@corp.example', 'Victim <victim@corp.example>', 'victim@corp.example,me@evil.example', 'victim@corp.example\r\nBcc: x@evil.example', 'a%corp.example@evil.example', 'a@b@corp.example', 'host!user@corp.example']) {
    await test.simulator.signIn(test.app, 'amir', { claims: { email } }).catch(() => {})
  }
  t.same(test.simulator.mails, [], 'E19')
})

t.test('the code page says where the code went, in a form that works without script', async (t) => {
  const test = await codesApp(t)
  const { cookie } = await test.begin('amir')
  const page = await test.app.inject({ url: '/auth/code', headers: { ...navigation, cookie } })
  t.match(page, { statusCode: 200, headers: { 'cache-control': 'no-store', 'referrer-policy': 'same-origin' } })
  t.match(page.headers['content-security-policy'], /form-action 'self';/)
  for (const part of ['amir@contoso.example', '10 more minutes', 'You have 5 tries', 'action="/auth/code"', 'action="/auth/code/resend"', 'action="/auth/code/cancel"']) t.match(page.body, part)
  t.notMatch(page.body, 'Simulated', 'no mailbox where mails are sent')
})

t.test('without a code on its way the page says what to do next, and JSON clients are refused', async (t) => {
  const test = await codesApp(t)
  for (const cookie of ['', '__Host-entra-code=x', `__Host-entra-code=${'A'.repeat(43)}`]) {
    const page = await test.app.inject({ url: '/auth/code', headers: { ...navigation, cookie } })
    t.match(page, { statusCode: 200, body: /Sign in again.*href="\/auth\/sign-in"/s })
    t.match((await test.status(cookie)).json(), { statusCode: 400, code: 'otp_expired' })
    t.match((await test.json(cookie, { code: '123456' })).json(), { statusCode: 400, code: 'otp_expired' })
    t.equal((await test.form(cookie, { code: '123456' })).headers.location, '/auth/code?error=otp_expired')
    t.match((await test.json(cookie, {}, '/auth/code/resend')).json(), { code: 'otp_expired' })
    t.equal((await test.json(cookie, {}, '/auth/code/cancel')).statusCode, 204)
  }
})

t.test('a single-page application asks, sends and is told where to go', async (t) => {
  const test = await codesApp(t)
  const { cookie } = await test.begin('amir', { query: { return_to: '/me?tab=1' } })
  t.match((await test.status(cookie)).json(), { address: 'amir@contoso.example', expiresAt: test.clock.now + 10 * minute, triesLeft: 5, mayResend: true, csrfToken: /^[\w-]{43}$/ })
  const wrong = await test.json(cookie, { code: test.wrong() })
  t.same(wrong.json(), { statusCode: 400, code: 'otp_invalid', error: 'Bad Request', message: 'The code is not right.' })
  t.equal((await test.status(cookie)).json().triesLeft, 4)
  const right = await test.json(cookie, { code: test.code() })
  t.equal(right.statusCode, 200)
  t.same(right.json(), { returnTo: '/me?tab=1' })
  t.match(await me(test, sessionOf(right)), { displayName: 'Amir Asserted' })
})

t.test('a wrong code leads back to the page, which says what is left and shows nothing that was sent', async (t) => {
  const test = await codesApp(t)
  const { cookie } = await test.begin('amir')
  for (const [left, code] of [[4, test.wrong()], [3, '<script>alert(1)</script>'], [2, 'abcdef'], [1, '']] as const) {
    const answer = await test.form(cookie, { code })
    t.match(answer, { statusCode: 303, headers: { location: '/auth/code?error=otp_invalid' } })
    const page = await test.app.inject({ url: answer.headers.location!, headers: { ...navigation, cookie } })
    t.equal(page.statusCode, 400)
    t.match(page.body, 'role="alert">The code is not right.')
    t.match(page.body, left === 1 ? 'You have 1 try.' : `You have ${left} tries.`)
    if (code !== '') t.notMatch(page.body, code)
  }
  await test.form(cookie, { code: test.wrong() })
  const sixth = await test.form(cookie, { code: test.code() })
  t.equal(sixth.headers.location, '/auth/code?error=otp_locked')
  const page = await test.app.inject({ url: sixth.headers.location!, headers: { ...navigation, cookie } })
  t.match(page, { statusCode: 429, body: /Too many wrong codes.*No try is left/s })
  t.notMatch(page.body, 'name="code"')
  const json = await test.json(cookie, { code: test.code() })
  t.match(json, { statusCode: 429, headers: { 'retry-after': '600' } })
  t.equal(json.json().code, 'otp_locked')
})

t.test('an address cannot make the page say anything', async (t) => {
  const test = await codesApp(t)
  const { cookie } = await test.begin('amir')
  for (const error of ['<b>x</b>', 'email_in_use', '__proto__', '']) {
    const page = await test.app.inject({ url: `/auth/code?error=${encodeURIComponent(error)}`, headers: { ...navigation, cookie } })
    t.equal(page.statusCode, 200)
    t.notMatch(page.body, 'role="alert"')
  }
})

t.test('of 20 and of 200 tries at once five are compared', async (t) => {
  for (const many of [20, 200]) {
    const test = await codesApp(t)
    const { cookie } = await test.begin('amir')
    const answers = await Promise.all(Array.from({ length: many }, async () => await test.json(cookie, { code: test.wrong() })))
    const counts = { otp_invalid: 0, otp_locked: 0 }
    for (const answer of answers) counts[answer.json().code as keyof typeof counts]++
    t.same(counts, { otp_invalid: 5, otp_locked: many - 5 }, 'L31')
    t.ok(answers.every(({ statusCode, headers }) => statusCode === 400 || headers['retry-after'] !== undefined))
  }
})

t.test('of twenty right codes at once one signs in', async (t) => {
  const test = await codesApp(t)
  const { cookie } = await test.begin('amir')
  const answers = await Promise.all(Array.from({ length: 20 }, async () => await test.json(cookie, { code: test.code() })))
  t.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 1, 'L33')
  t.ok(answers.every(({ statusCode }) => [200, 400, 429].includes(statusCode)))
  t.equal(JSON.parse(await test.rows()).find(([table]: [string]) => table === 'sessions')[1].length, 1)
})

t.test('type tricks are no code, and count once each', async (t) => {
  const test = await codesApp(t)
  const tricks = (code: string): unknown[] => [Number(code), `0${code}`, [code], { $gt: '' }, ` ${code}`, `${code}\0`]
  for (let index = 0; index < 6; index++) {
    const { cookie } = await test.begin('amir', { claims: { email: `amir${index}@contoso.example` } })
    const before = await test.rows(['challenges', ...traces])
    const answer = await test.json(cookie, { code: tricks(test.code())[index] })
    t.match(answer.json(), { statusCode: 400, code: 'otp_invalid' }, 'L43')
    t.equal((await test.status(cookie)).json().triesLeft, 4)
    t.equal(await test.rows(['challenges', ...traces]), before)
  }
  const { cookie } = await test.begin('amir')
  const twice = await test.app.inject({ method: 'POST', url: '/auth/code', headers: { ...program, cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' }, payload: `code=${test.code()}&code=${test.code()}` })
  t.equal(twice.json().code, 'otp_invalid')
  for (const body of [null, [], 'x', 123456]) t.equal((await test.json(cookie, body)).json().code, 'otp_invalid')
})

t.test('other content types, large bodies and other methods change nothing', async (t) => {
  const test = await codesApp(t)
  const { cookie } = await test.begin('amir')
  const headers = { ...program, cookie, 'sec-fetch-site': 'same-origin' }
  for (const type of ['text/plain', 'application/json\tx', ' application/json garbage', 'application/jsonp', 'multipart/form-data; boundary=x']) {
    const answer = await test.app.inject({ method: 'POST', url: '/auth/code', headers: { ...headers, 'content-type': type }, payload: JSON.stringify({ code: test.code() }) })
    t.equal(answer.statusCode, 415, `O35: ${type}`)
  }
  t.equal((await test.json(cookie, { code: 'x'.repeat(10_000_000) })).statusCode, 413, 'D01')
  for (const method of ['PUT', 'DELETE', 'PATCH', 'HEAD'] as const) t.match(await test.app.inject({ method, url: `/auth/code?code=${test.code()}`, headers }), { statusCode: 405, headers: { allow: 'GET, POST' } })
  for (const path of ['resend', 'cancel']) t.match(await test.app.inject({ method: 'GET', url: `/auth/code/${path}`, headers }), { statusCode: 405, headers: { allow: 'POST' } }, 'L40')
  await test.app.inject({ url: `/auth/code?code=${test.code()}`, headers })
  t.equal((await test.status(cookie)).json().triesLeft, 5, 'none of them was a try')
  t.equal((await test.json(cookie, { code: test.code() })).statusCode, 200)
})

t.test('only our own pages post codes', async (t) => {
  const test = await codesApp(t)
  const { cookie } = await test.begin('amir')
  const post = async (headers: Record<string, string>, path = '/auth/code', token = '') => await test.app.inject({
    method: 'POST', url: path, headers: { ...program, cookie, 'content-type': 'application/x-www-form-urlencoded', ...headers }, payload: new URLSearchParams({ code: test.code(), csrf_token: token }).toString()
  })
  const { csrfToken } = (await test.status(cookie)).json()
  for (const path of ['/auth/code', '/auth/code/resend', '/auth/code/cancel']) {
    for (const headers of [{}, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'https://evil.example' }]) {
      const token = Object.keys(headers).length === 0 ? 'x' : csrfToken
      t.match((await post(headers, path, token)).json(), { statusCode: 403, code: 'cross_site_request' }, path)
    }
  }
  const other = await test.begin('amir', { claims: { email: 'other@contoso.example' } })
  t.equal((await post({ cookie: other.cookie }, '/auth/code', csrfToken)).statusCode, 403, 'the token of another challenge')
  const { cookie: fresh } = await test.begin('amir', { claims: { email: 'third@contoso.example' } })
  const { csrfToken: right } = (await test.status(fresh)).json()
  t.equal((await post({ cookie: fresh }, '/auth/code', right)).statusCode, 200, 'the right token will do where a client says nothing')
})

t.test('a session\'s token is not that of a challenge', async (t) => {
  const { createCsrfTokens } = await import('../../plugins/session/csrf.ts')
  const { deriveKeys } = await import('../../src/core/secrets.ts')
  const test = await codesApp(t)
  const { cookie, cookies } = await test.begin('amir')
  const token = createCsrfTokens(deriveKeys(['test-secret-of-at-least-32-characters'], 'csrf')).tokenOf(cookies['__Host-entra-code']!)
  const answer = await test.app.inject({ method: 'POST', url: '/auth/code/cancel', headers: { ...program, cookie, 'content-type': 'application/json' }, payload: { csrf_token: token } })
  t.equal(answer.statusCode, 403, 'L36')
})

t.test('a code is worth nothing in another browser, for another identity or address', async (t) => {
  const test = await codesApp(t)
  const attacker = await test.begin('mallory')
  const attackersCode = test.code()
  const victim = await test.begin('amir')
  const victimsCode = test.code()
  t.equal((await test.json(attacker.cookie, { code: victimsCode })).json().code, 'otp_invalid', 'L35')
  t.equal((await test.json(victim.cookie, { code: attackersCode })).json().code, 'otp_invalid', 'L35')
  t.equal((await test.json('', { code: victimsCode })).json().code, 'otp_expired', 'L37')
  const lifted = await test.json(victim.cookie, { code: victimsCode, email: 'ada@contoso.example', address: 'ada@contoso.example' })
  t.match((await me(test, sessionOf(lifted))).email, { address: 'amir@contoso.example', score: 100 }, 'L38')
  t.equal(await test.app.accounts.findByEmail('ada@contoso.example'), null)
})

t.test('other secrets of a sign-in are no codes', async (t) => {
  const test = await codesApp(t)
  const { cookie, cookies } = await test.begin('amir')
  for (const code of [cookies['__Host-entra-code']!, cookies['__Host-entra-code']!.slice(0, 6)]) t.equal((await test.json(cookie, { code })).json().code, 'otp_invalid', 'L36')
})

t.test('sent again: a new code, the old one dead, the tries as they were', async (t) => {
  const test = await codesApp(t)
  const { cookie } = await test.begin('amir')
  const old = test.code()
  await test.json(cookie, { code: test.wrong() })
  t.match(await test.form(cookie, {}, '/auth/code/resend'), { statusCode: 303, headers: { location: '/auth/code' } })
  t.equal(test.simulator.mails.length, 2)
  t.equal((await test.status(cookie)).json().triesLeft, 4)
  t.equal((await test.json(cookie, { code: old })).json().code, 'otp_invalid', 'L32')
  t.equal((await test.json(cookie, {}, '/auth/code/resend')).statusCode, 204)
  t.equal((await test.json(cookie, { code: test.code() })).statusCode, 200)
})

t.test('the sixth mail of an hour is refused, with the same answer for known and unknown addresses', async (t) => {
  const test = await codesApp(t)
  const holder = await test.app.accounts.create()
  await test.app.accounts.verifyEmail(holder.id, 'known@contoso.example')
  const answers = []
  for (const email of ['known@contoso.example', 'unknown@contoso.example']) {
    for (let count = 0; count < 5; count++) await test.begin('amir', { claims: { email } })
    const { response } = await test.simulator.signIn(test.app, 'amir', { claims: { email }, headers: program })
    answers.push([response.statusCode, response.headers['retry-after'], response.body, Object.keys(cookiesOf(response)).filter((name) => name.includes('code'))])
    const { location } = await test.simulator.signIn(test.app, 'amir', { claims: { email } })
    t.equal(location, '/auth/error?error=too_many_requests')
  }
  t.match(answers[0], [429, '3600', /too_many_requests/, []], 'L41')
  t.same(answers[0], answers[1])
  const last = await test.begin('amir')
  for (let count = 0; count < 4; count++) await test.json(last.cookie, {}, '/auth/code/resend')
  t.equal((await test.form(last.cookie, {}, '/auth/code/resend')).headers.location, '/auth/code?error=too_many_requests')
})

t.test('after ten minutes the code has expired: the page offers another one', async (t) => {
  const test = await codesApp(t)
  const { cookie } = await test.begin('amir')
  test.clock.now += 600_000
  t.equal((await test.status(cookie)).statusCode, 200)
  test.clock.now += 1_000
  t.equal((await test.json(cookie, { code: test.code() })).json().code, 'otp_expired', 'L34')
  const answer = await test.form(cookie, { code: test.code() })
  const page = await test.app.inject({ url: answer.headers.location!, headers: { ...navigation, cookie } })
  t.match(page, { statusCode: 400, body: /The code has expired\. Have another one sent\./ })
  await test.json(cookie, {}, '/auth/code/resend')
  t.equal((await test.json(cookie, { code: test.code() })).statusCode, 200)
})

t.test('whoever changes their mind is back at the sign-in page, and nothing is left', async (t) => {
  const test = await codesApp(t)
  const before = await test.rows(traces)
  const { cookie } = await test.begin('amir', { query: { return_to: '/me?a=1' } })
  const answer = await test.form(cookie, {}, '/auth/code/cancel')
  t.match(answer, { statusCode: 303, headers: { location: '/auth/sign-in?return_to=%2Fme%3Fa%3D1' } })
  t.equal(cookiesOf(answer)['__Host-entra-code'], '')
  t.equal(await test.rows(traces), before)
  t.equal((await test.json(cookie, { code: test.code() })).json().code, 'otp_expired')
})

t.test('a second sign-in in the same browser takes the place of the first', async (t) => {
  const test = await codesApp(t)
  const first = await test.begin('amir')
  const firstCode = test.code()
  const second = await test.begin('dora', { cookie: first.cookie })
  t.equal((await test.json(first.cookie, { code: firstCode })).json().code, 'otp_expired')
  t.equal((await test.json(second.cookie, { code: test.code() })).statusCode, 200)
})

t.test('rows D and E decide after the right code, by what the store knows then', async (t) => {
  const merging = { allow_email_account_merge: true }
  const test = await codesApp(t, merging)
  const ada = await test.simulator.signIn(test.app, 'ada')
  const { cookie } = await test.begin('mallory')
  t.equal(test.simulator.mails[0]!.to, 'ada@contoso.example')
  const answer = await test.json(cookie, { code: test.code() })
  t.equal(answer.statusCode, 200)
  const holder = await test.app.accounts.findByEmail('ada@contoso.example')
  t.equal((await me(test, sessionOf(answer))).id, holder!.id, 'D3: whoever reads the mailbox is let in')
  t.match(await me(test, ada.cookie), { code: 'unauthenticated' }, 'and the other sessions have ended')
})

t.test('a refusal after the right code leaves the store as it was, and the person starts again', async (t) => {
  const cases = [
    ['D2', { allow_email_account_merge: true }, 'amir', { email: 'ada@contoso.example' }, 409, 'email_in_use'],
    ['D4', {}, 'mallory', {}, 409, 'email_in_use'],
    ['F', { allowSignup: false }, 'amir', {}, 403, 'signup_disabled']
  ] as const
  for (const [row, options, account, claims, status, code] of cases) {
    const test = await codesApp(t, options)
    if (row !== 'F') await test.simulator.signIn(test.app, 'ada')
    const before = await test.rows(traces)
    for (const kind of ['json', 'form'] as const) {
      const { cookie } = await test.begin(account, { claims })
      const answer = await test[kind](cookie, { code: test.code() })
      if (kind === 'json') t.match(answer.json(), { statusCode: status, code }, row)
      else t.equal(answer.headers.location, `/auth/error?error=${code}`)
      const { '__Host-entra-refusal': refusal, ...rest } = cookiesOf(answer)
      t.same(rest, { '__Host-entra-code': '' }, 'the code is used, and nobody is signed in')
      t.match(refusal, kind === 'json' ? undefined : `${code}/req-`, 'a page has something to quote')
      t.equal(await test.rows(traces), before)
    }
    t.match(test.log(), `"reason":"linking_${row}"`)
  }
})

t.test('entering a code is no sign-in at Microsoft: what needs a recent one goes by that', async (t) => {
  const test = await codesApp(t, {}, { before: (app) => app.get('/payout', { onRequest: requireUser({ maxAge: 10 * minute }) }, () => ({ paid: true })) })
  const payout = async (cookie: string) => (await test.app.inject({ url: '/payout', headers: { ...program, cookie } })).json()

  const late = await test.begin('amir')
  const signedInAt = test.clock.now
  test.clock.now += 20 * minute
  await test.json(late.cookie, {}, '/auth/code/resend')
  test.clock.now += 9 * minute
  const session = sessionOf(await test.json(late.cookie, { code: test.code() }))
  t.match(await me(test, session), { displayName: 'Amir Asserted' })
  t.match(await payout(session), { statusCode: 403, code: 'reauth_required' })
  t.match((await test.app.inject({ url: '/auth/sessions', headers: { ...program, cookie: session } })).json(), [{ createdAt: test.clock.now, authenticatedAt: signedInAt }])

  const quick = await test.begin('dora')
  test.clock.now += 10 * minute
  const recent = sessionOf(await test.json(quick.cookie, { code: test.code() }))
  t.same(await payout(recent), { paid: true })
  test.clock.now += 1
  t.match(await payout(recent), { code: 'reauth_required' })

  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  test.clock.now += 10 * minute - 1_000 // auth_time has whole seconds
  t.same(await payout(cookie), { paid: true }, 'without a code as ever')
})

t.test('a disabled holder stays out, and an invited user is let in', async (t) => {
  const test = await codesApp(t, { allowSignup: false })
  const invited = await test.app.accounts.invite({ email: 'amir@contoso.example' })
  const { cookie } = await test.begin('amir')
  t.equal((await me(test, sessionOf(await test.json(cookie, { code: test.code() })))).id, invited.id, 'E1')
  await test.app.accounts.disable(invited.id)
  const other = await test.begin('mallory', { claims: { email: 'amir@contoso.example' } })
  t.equal((await test.json(other.cookie, { code: test.code() })).json().code, 'account_disabled', 'D1')
})

t.test('codes that wait for an address end when it becomes somebody\'s', async (t) => {
  const test = await codesApp(t)
  const waiting = await test.begin('mallory')
  const code = test.code()
  await test.simulator.signIn(test.app, 'ada')
  t.equal((await test.json(waiting.cookie, { code })).json().code, 'otp_expired', 'E2, L06')

  const second = await test.begin('amir')
  const { id } = await test.app.accounts.create()
  await test.app.accounts.addEmail(id, 'amir@contoso.example')
  t.equal((await test.status(second.cookie)).statusCode, 200, 'an address that was merely added is nobody\'s')
  await test.app.accounts.verifyEmail(id, 'amir@contoso.example')
  t.equal((await test.json(second.cookie, { code: test.code() })).json().code, 'otp_expired', 'L06')
})

t.test('codes that wait for an address end when an account is merged on it', async (t) => {
  const test = await codesApp(t, { allow_email_account_merge: true })
  await test.simulator.signIn(test.app, 'ada')
  const waiting = await test.begin('mallory')
  const code = /\b\d{6}\b/.exec(test.simulator.mails[0]!.text)![0]
  await test.simulator.signIn(test.app, 'ada-home')
  t.equal((await test.json(waiting.cookie, { code })).json().code, 'otp_expired', 'L06')
})

t.test('where codes cannot be cancelled the account is as it should be all the same', async (t) => {
  const { signInOf } = await import('../../plugins/sign-in.ts')
  const test = await codesApp(t)
  const { database, report } = signInOf(test.app)
  const { run } = database
  for (const failure of [Object.assign(new Error('x')), (await import('../../src/core/errors.ts')).refuse('store_unavailable', 'SQLITE_FULL')]) {
    database.run = async () => { throw failure }
    await report({ type: 'identifier_added', address: 'ada@contoso.example' }).catch(() => {})
    database.run = run
  }
  t.match(test.log(), /"reason":"unexpected".*codes that wait/)
  t.match(test.log(), /"reason":"SQLITE_FULL".*codes that wait/)
})

t.test('the holder of an account is told by mail that an identity was merged into it', async (t) => {
  const test = await codesApp(t, { allow_email_account_merge: true, applicationName: 'Contoso' })
  await test.simulator.signIn(test.app, 'ada')
  t.same(test.simulator.mails, [])
  await test.simulator.signIn(test.app, 'ada-home')
  t.match(test.simulator.mails, [{ to: 'ada@contoso.example', subject: 'A Microsoft account was added to your account at Contoso', text: /ada@contoso\.example was added/, html: /<p>/ }])
})

t.test('where the holder cannot be told, the sign-in goes on, and the log says why', async (t) => {
  let calls = 0
  const mailer = async (): Promise<void> => {
    calls++
    throw Object.assign(new Error('no ada@contoso.example here'), { code: 'EENVELOPE' })
  }
  const test = await codesApp(t, { allow_email_account_merge: true, mailer })
  await test.simulator.signIn(test.app, 'ada')
  t.equal((await test.simulator.signIn(test.app, 'ada-home')).location, '/auth/account')
  await test.app.close()
  t.equal(calls, 1)
  t.match(test.log(), /"reason":"mailer_EENVELOPE".*could not be told/)
  t.notMatch(test.log(), 'ada@contoso.example')
})

t.test('a wording that fails later does no more harm than a mailer that is down', async (t) => {
  let isBroken = false
  const merged = { text: () => { if (isBroken) throw new Error('boom'); return 'Contoso' } }
  const test = await codesApp(t, { allow_email_account_merge: true, mailTexts: { merged } })
  isBroken = true
  await test.simulator.signIn(test.app, 'ada')
  t.equal((await test.simulator.signIn(test.app, 'ada-home')).location, '/auth/account')
  t.match(test.log(), /"reason":"unexpected".*could not be told/)
})

t.test('a tenant that was left out meanwhile does not get in by a code', async (t) => {
  const { signInOf } = await import('../../plugins/sign-in.ts')
  const test = await codesApp(t)
  const { cookie } = await test.begin('amir')
  const signIn = signInOf(test.app)
  const { mayStay } = signIn
  signIn.mayStay = async () => false
  t.equal((await test.json(cookie, { code: test.code() })).json().code, 'tenant_not_allowed')
  signIn.mayStay = mayStay
  const again = await test.begin('amir')
  t.equal((await test.json(again.cookie, { code: test.code() })).statusCode, 200)
})

t.test('an application\'s own page takes the place of ours', async (t) => {
  const test = await codesApp(t, { codePageUrl: '/app/code?step=2#form', codePath: '/auth/one-time' })
  const { location, cookie } = await test.begin('amir')
  t.equal(location, '/app/code?step=2#form')
  t.equal((await test.form(cookie, { code: test.wrong() }, '/auth/one-time')).headers.location, '/app/code?step=2&error=otp_invalid#form')
  t.equal((await test.form(cookie, {}, '/auth/one-time/resend')).headers.location, '/app/code?step=2#form')
  t.equal((await test.json(cookie, { code: test.code() }, '/auth/one-time')).statusCode, 200)
})

t.test('a form may end where the sign-in was started for, at another origin, too', async (t) => {
  const test = await codesApp(t, { allowedRedirectUrls: ['https://spa.example/**'], errorRedirectUrl: 'https://help.example/error' })
  const { cookie } = await test.begin('amir', { query: { return_to: 'https://spa.example/app' } })
  const page = await test.app.inject({ url: '/auth/code', headers: { ...navigation, cookie } })
  t.match(page.headers['content-security-policy'], "form-action 'self' https://spa.example https://help.example;")
  t.equal((await test.form(cookie, { code: test.code() })).headers.location, 'https://spa.example/app')
})

t.test('where the target is not allowed any more, the form ends at the default', async (t) => {
  const { signInOf } = await import('../../plugins/sign-in.ts')
  const test = await codesApp(t, { allowedRedirectUrls: ['https://spa.example/**'] })
  const { cookie } = await test.begin('amir', { query: { return_to: 'https://spa.example/app' } })
  signInOf(test.app).allowedReturnTarget = () => null
  const page = await test.app.inject({ url: '/auth/code', headers: { ...navigation, cookie } })
  t.match(page.headers['content-security-policy'], "form-action 'self';")
  t.equal((await test.form(cookie, { code: test.code() })).headers.location, '/auth/account')
})

t.test('without pages a browser gets JSON', async (t) => {
  const test = await codesApp(t, { pages: false })
  const { cookie } = await test.begin('amir')
  t.equal((await test.app.inject({ url: '/auth/code', headers: { ...navigation, cookie } })).json().triesLeft, 5)
})

t.test('where sign-ins are switched off, codes are as well', async (t) => {
  const test = await codesApp(t, { enabled: false })
  for (const path of ['/auth/code', '/auth/code/resend', '/auth/code/cancel']) t.equal((await test.json('', {}, path)).statusCode, 404)
})

t.test('over plain http no code is taken: the session\'s cookie would be dropped', async (t) => {
  const test = await codesApp(t)
  const { cookie } = await test.begin('amir')
  const answer = await test.app.inject({ method: 'POST', url: '/auth/code', headers: { cookie, 'sec-fetch-site': 'same-origin' }, payload: { code: test.code() } })
  t.equal(answer.json().code, 'insecure_transport')
  t.equal((await test.status(cookie)).json().triesLeft, 5)
})

t.test('no sign-in returns to the routes of codes', async (t) => {
  const test = await codesApp(t)
  for (const path of ['/auth/code', '/auth/code/resend', '/auth/code/cancel']) {
    const answer = await test.app.inject({ url: `/auth/microsoft/login?return_to=${path}`, headers: program })
    t.equal(answer.json().code, 'redirect_not_allowed')
  }
})

t.test('the log of a whole journey with codes holds neither code nor id nor address', async (t) => {
  const test = await codesApp(t)
  const { cookie, cookies } = await test.begin('amir')
  const codes = [test.code(), test.wrong()]
  await test.form(cookie, { code: test.wrong() })
  await test.json(cookie, { code: test.wrong() })
  await test.form(cookie, {}, '/auth/code/resend')
  codes.push(test.code(), test.wrong())
  const { csrfToken } = (await test.status(cookie)).json()
  await test.form(cookie, { code: test.code(), csrf_token: csrfToken })
  for (const hidden of [...codes, cookies['__Host-entra-code']!, csrfToken, 'amir@contoso.example']) t.notMatch(test.log(), hidden, 'X01')
  t.match(test.log(), '"reason":"wrong_code"', 'the positive control: it says why')
  t.notMatch(await test.rows(), new RegExp(cookies['__Host-entra-code']!), 'X03')
})

t.test('events tell of codes, without them', async (t) => {
  const { signInOf } = await import('../../plugins/sign-in.ts')
  const test = await codesApp(t)
  const events: unknown[] = []
  signInOf(test.app).listen(async (event) => { events.push(event) })
  const { cookie } = await test.begin('amir')
  await test.json(cookie, { code: test.wrong() })
  t.match(events.slice(0, 2), [{ type: 'code_sent', address: 'amir@contoso.example', row: 'C1' }, { type: 'code_refused', code: 'otp_invalid', identity: { oid: '09409ad5-ce15-4eab-83c6-7f28e7e39e75' } }])
  t.notMatch(JSON.stringify(events), test.wrong())
})
