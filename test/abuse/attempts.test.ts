import { takesLong } from '../patient.ts'
import { navigation, program } from '../plugins/app.ts'
import { seen, sessionIn } from '../plugins/session-cookie.ts'
import { isRefused, tries } from './trial.ts'
import { type Begun, startWorld } from './world.ts'

takesLong()

const callback = '/auth/microsoft/callback'

tries('O01', 'a callback without the state of an attempt of this browser is none', async (t, engine) => {
  const world = await startWorld(t, engine)
  const attempt = await world.begin('pat')
  const code = attempt.callback.searchParams.get('code')!
  const queries = { 'no state': `code=${code}`, 'an empty one': `code=${code}&state=`, unknown: `code=${code}&state=${'a'.repeat(43)}`, 'very long': `code=${code}&state=${'a'.repeat(10_000)}`, 'of another alphabet': `code=${code}&state=%F0%9F%92%A9` }
  for (const [title, query] of Object.entries(queries)) {
    await isRefused(t, world, title, { code: 'invalid_state', attempt: 'kept' }, async () => ({ response: await attempt.finish(`${callback}?${query}`), sent: [code] }))
  }
  t.equal((await attempt.finish()).statusCode, 303, 'control: the attempt lives')
})

tries('O02', 'whoever is sent somebody else\'s callback is not signed in by it', async (t, engine) => {
  const world = await startWorld(t, engine)
  const mallory = await world.begin('noel')
  const { pathname, search } = mallory.callback
  await isRefused(t, world, 'a browser without attempt', { code: 'invalid_state', attempt: 'kept' }, async () => await world.app.inject({ url: pathname + search, headers: program }))
  const victim = await world.begin('pat')
  await isRefused(t, world, 'a browser with its own', { code: 'invalid_state', attempt: 'kept' }, async () => await victim.finish(pathname + search))
  await isRefused(t, world, 'a browser that is signed in', { code: 'invalid_state', attempt: 'kept' }, async () => await world.app.inject({ url: pathname + search, headers: { ...program, cookie: world.victim.cookie } }))
  t.equal((await mallory.finish()).statusCode, 303, 'control: it is good where it was begun')
})

tries('O04', 'of twenty callbacks at once one reaches Microsoft, and none later', async (t, engine) => {
  const world = await startWorld(t, engine)
  const attempt = await world.begin('pat')
  const before = world.simulator.requests.token
  const answers = await Promise.all(Array.from({ length: 20 }, async () => await attempt.finish()))
  t.equal(answers.filter(({ statusCode }) => statusCode === 303).length, 1)
  t.equal(answers.filter(({ statusCode }) => statusCode === 400).length, 19)
  t.equal(world.simulator.requests.token - before, 1)
  await isRefused(t, world, 'once more', { code: 'invalid_state', attempt: 'kept' }, async () => await attempt.finish())
})

tries('O05', 'an attempt lives ten minutes', async (t, engine) => {
  const world = await startWorld(t, engine)
  const attempts = [await world.begin('pat'), await world.begin('pat')]
  // Whoever takes their time takes it at Microsoft: the code is a new one.
  const comeBack = async (attempt: Begun) => {
    const answer = await world.simulator.fetch(attempt.authorizationUrl, { method: 'POST', body: new URLSearchParams({ simulator_account: 'pat' }), redirect: 'manual' })
    const url = new URL(answer.headers.get('location')!)
    return await attempt.finish(url.pathname + url.search)
  }
  world.clock.now += 600_000
  t.equal((await comeBack(attempts[0]!)).statusCode, 303, 'control: so long')
  world.clock.now += 1_000
  await isRefused(t, world, 'and no longer', { code: 'invalid_state', attempt: 'kept' }, async () => await comeBack(attempts[1]!))
})

tries('O07', 'a state is nothing but a state, and is stored as a hash', async (t, engine) => {
  const world = await startWorld(t, engine)
  const attempt = await world.begin('pat')
  const state = attempt.authorizationUrl.searchParams.get('state')!
  const response = await attempt.finish()
  t.notMatch(JSON.stringify(response.headers), state)
  t.notOk((await world.rows()).includes(state))
  t.notOk(attempt.cookie.includes(state), 'nor can it be read in the cookie')
  await isRefused(t, world, 'as a session', { code: 'invalid_state', attempt: 'kept' }, async () => await world.app.inject({ url: `${callback}?code=x&state=${state}`, headers: { ...program, cookie: `__Host-entra-session=${state}` } }))
})

tries('O08', 'the start takes nothing from a request that it would sign', async (t, engine) => {
  const world = await startWorld(t, engine)
  const before = await world.rows()
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    const { statusCode, headers } = await world.app.inject({ method, url: '/auth/microsoft/login', headers: program, payload: { additionalData: { link: { userId: world.victim.id } }, expiresAt: 9e15 } })
    t.ok(statusCode === 404 || statusCode === 405, `${method} ${statusCode}`)
    t.equal(headers['set-cookie'], undefined)
  }
  const attempt = await world.begin('pat', { query: { userId: world.victim.id, intent: 'link', expiresAt: '9999999999999' } })
  const response = await attempt.finish()
  t.equal(response.statusCode, 303)
  t.equal((await world.app.accounts.identities(world.victim.id)).length, 1, 'nothing was linked')
  t.not(await world.rows(), before, 'control: somebody signed in')
})

tries('O10', 'a code that somebody else was given is worth nothing', async (t, engine) => {
  const world = await startWorld(t, engine)
  const steal = async (): Promise<string> => (await world.begin('ada')).callback.searchParams.get('code')!
  await isRefused(t, world, 'in an attempt of one\'s own', { code: 'invalid_state', attempt: 'used' }, async () => {
    const own = await world.begin('noel')
    const url = new URL(own.callback)
    url.searchParams.set('code', await steal())
    return await own.finish(url.pathname + url.search)
  })
})

tries('O11', 'a code is used once', async (t, engine) => {
  const world = await startWorld(t, engine)
  const first = await world.begin('pat')
  t.equal((await first.finish()).statusCode, 303)
  await isRefused(t, world, 'with another state', { code: 'invalid_state', attempt: 'used' }, async () => {
    const second = await world.begin('pat')
    const url = new URL(second.callback)
    url.searchParams.set('code', first.callback.searchParams.get('code')!)
    return await second.finish(url.pathname + url.search)
  })
})

tries('O13', 'a link to the start changes nothing that Microsoft is asked', async (t, engine) => {
  const world = await startWorld(t, engine)
  const injected = { client_id: 'evil', redirect_uri: 'https://evil.example/', response_type: 'token', response_mode: 'fragment', state: 'fixed', nonce: 'fixed', code_challenge: 'fixed', resource: 'x' }
  const plain = await world.begin('pat')
  const start = await world.app.inject({ url: '/auth/microsoft/login', query: injected, headers: program })
  if (start.statusCode === 303 || start.statusCode === 302) {
    const url = new URL(start.headers.location!)
    for (const [name, value] of Object.entries(injected)) t.not(url.searchParams.get(name), value, name)
    for (const name of ['client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope']) t.equal(url.searchParams.get(name), plain.authorizationUrl.searchParams.get(name), name)
  } else t.equal(start.statusCode, 400)
})

tries('O14', 'nobody widens what is asked for', async (t, engine) => {
  const world = await startWorld(t, engine)
  for (const query of [{ scope: 'Mail.ReadWrite offline_access' }, { provider_scopes: 'Mail.ReadWrite' }] as Array<Record<string, string>>) {
    const start = await world.app.inject({ url: '/auth/microsoft/login', query, headers: program })
    const asked = start.headers.location === undefined ? '' : new URL(start.headers.location).searchParams.get('scope')
    t.notMatch(asked, 'Mail')
  }
})

tries('O16', 'where the site is, its options say, and no header', async (t, engine) => {
  const world = await startWorld(t, engine)
  const plain = await world.begin('pat')
  for (const more of [{ host: 'evil.example' }, { 'x-forwarded-host': 'evil.example' }, { forwarded: 'host=evil.example;proto=http' }, { host: 'app.example:444' }, { 'x-forwarded-host': 'evil.example, app.example', 'x-forwarded-port': '444' }] as Array<Record<string, string>>) {
    const { authorizationUrl } = await world.begin('pat', { headers: { ...program, ...more } })
    t.equal(authorizationUrl.searchParams.get('redirect_uri'), plain.authorizationUrl.searchParams.get('redirect_uri'), JSON.stringify(more))
  }
})

tries('O17', 'a parameter that is there twice is refused before anybody is asked', async (t, engine) => {
  const world = await startWorld(t, engine)
  const attempt = await world.begin('pat')
  const [code, state] = ['code', 'state'].map((name) => attempt.callback.searchParams.get(name)!)
  for (const query of [`code=${code}&code=b&state=${state}`, `code=${code}&state=${state}&state=${state}`, `code=${code}&state[]=${state}&state=${state}&state=x`, `code=${code}&state=${state}&iss=a&iss=b`]) {
    await isRefused(t, world, query.replaceAll(code!, 'CODE').replaceAll(state!, 'STATE'), { code: 'invalid_request', attempt: 'kept' }, async () => ({ response: await attempt.finish(`${callback}?${query}`), sent: [code!, state!] }))
  }
  t.equal((await attempt.finish()).statusCode, 303, 'control: each once')
})

tries('O19', 'an error that anybody can make up ends nothing', async (t, engine) => {
  const world = await startWorld(t, engine)
  const attempt = await world.begin('pat')
  await isRefused(t, world, 'without the state', { code: 'invalid_state', attempt: 'kept' }, async () => await attempt.finish(`${callback}?error=access_denied&error_description=made-up-text`))
  t.equal((await attempt.finish()).statusCode, 303, 'control: the attempt lives')
  await isRefused(t, world, 'with the state it is Microsoft\'s', { code: 'access_denied', attempt: 'used', token: 0 }, async () => {
    const other = await world.begin('pat')
    return { response: await other.finish(`${callback}?error=access_denied&error_description=made-up-text&state=${other.callback.searchParams.get('state')}`), sent: ['made-up-text'] }
  })
})

tries('O20', 'other methods do nothing and use nothing', async (t, engine) => {
  const world = await startWorld(t, engine)
  const attempt = await world.begin('pat')
  const url = attempt.callback.pathname + attempt.callback.search
  const used = await world.usedAttempts()
  for (const method of ['HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE'] as const) {
    for (const path of [url, '/auth/microsoft/login']) {
      const response = await world.app.inject({ method, url: path, headers: { ...program, cookie: attempt.cookie, 'x-http-method-override': 'GET' } })
      t.ok([404, 405, 415].includes(response.statusCode), `${method} ${response.statusCode}`)
      t.equal(response.headers['set-cookie'], undefined)
    }
  }
  t.equal(await world.usedAttempts(), used)
  t.equal((await attempt.finish()).statusCode, 303, 'control: the attempt is unused')
})

tries('O22', 'tokens that a browser brings are not looked at', async (t, engine) => {
  const world = await startWorld(t, engine)
  for (const more of ['id_token=a.b.c', 'access_token=x', 'id_token=a.b.c&access_token=x&token_type=Bearer']) {
    await isRefused(t, world, more, { code: 'invalid_request', attempt: 'used', token: 0 }, async () => {
      const attempt = await world.begin('pat')
      return await attempt.finish(`${callback}?${more}&state=${attempt.callback.searchParams.get('state')}`)
    })
  }
})

tries('O23', 'an answer that names another issuer is refused before the code is used', async (t, engine) => {
  const world = await startWorld(t, engine)
  for (const iss of ['https://evil.example', 'https://login.microsoftonline.com/62d81b84-3105-40cb-979d-5dd0aafa28d9/v2.0/', 'https://login.microsoftonline.com/common/v2.0', '']) {
    await isRefused(t, world, iss, { code: 'invalid_token', attempt: 'used', token: 0 }, async () => {
      const attempt = await world.begin('pat')
      const url = new URL(attempt.callback)
      url.searchParams.set('iss', iss)
      return await attempt.finish(url.pathname + url.search)
    })
  }
})

tries('O29', 'nobody is sent on to a route of a sign-in or sign-out', async (t, engine) => {
  const world = await startWorld(t, engine)
  for (const target of ['/auth/logout', '/auth/microsoft/login', '/auth/microsoft/callback', '/auth/microsoft/link', '/AUTH/logout', '/auth/./logout', '/x/../auth/logout', '/%61uth/logout']) {
    await isRefused(t, world, target, { code: 'redirect_not_allowed', attempt: 'kept' }, async () => await world.app.inject({ url: '/auth/microsoft/login', query: { return_to: target }, headers: program }))
  }
})

tries('O31', 'who signs in where somebody is signed in is in a session of their own', async (t, engine) => {
  const world = await startWorld(t, engine)
  const attempt = await world.begin('pat', { cookie: world.victim.cookie })
  const response = await attempt.finish()
  const cookie = sessionIn(response)
  t.not(cookie, world.victim.cookie)
  t.not((await seen(world, cookie)).json().id, world.victim.id)
  t.equal((await seen(world, world.victim.cookie)).statusCode, 401, 'the earlier one is over')
})

tries('O32', 'what is no navigation starts nothing', async (t, engine) => {
  const world = await startWorld(t, engine)
  for (const more of [{ 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }, { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }]) {
    await isRefused(t, world, JSON.stringify(more), { code: 'invalid_request', attempt: 'kept' }, async () => await world.app.inject({ url: '/auth/microsoft/login', headers: { ...program, ...more } }))
  }
  const { statusCode } = await world.app.inject({ url: '/auth/microsoft/login', headers: { ...navigation, 'sec-fetch-site': 'cross-site' } })
  t.ok(statusCode === 302 || statusCode === 303, 'control: a link of another site works')
})

tries('O34', 'a path in another spelling is the same route, or none', async (t, engine) => {
  const world = await startWorld(t, engine)
  const attempt = await world.begin('pat')
  const { search } = attempt.callback
  for (const path of ['//auth/microsoft/callback', '/auth/microsoft/callback/', '/auth/microsoft/callback;a=b', '/AUTH/microsoft/callback', '/auth//microsoft/callback']) {
    const { statusCode, headers } = await world.app.inject({ url: path + search, headers: { ...program, cookie: attempt.cookie } })
    t.equal(statusCode, 404, path)
    t.equal(headers['set-cookie'], undefined)
  }
  for (const path of ['/%6de', '//me', '/me/', '/ME']) t.ok([401, 404].includes((await world.app.inject({ url: path, headers: program })).statusCode), path)
  t.equal((await attempt.finish()).statusCode, 303, 'control: the attempt is unused')
})
