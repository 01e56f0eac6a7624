import t from 'tap'
import { signInOf } from '../../plugins/sign-in.ts'
import { refuse } from '../../src/core/errors.ts'
import { takesLong } from '../patient.ts'
import { rule } from '../store/engines.ts'
import { program } from './app.ts'
import { ask, identityOf, keepingApp, minute, rowsOf, tokenOf } from './keeping.ts'

takesLong()

const ownsAddresses = { use_email_as_identifier: true, allow_email_account_merge: true }

rule('tokens go with the identity, and with the user', async (t, engine) => {
  const test = await keepingApp(t, { database: await engine.newLocation(t) })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const linked = await test.simulator.link(test.app, 'vera', { cookie })
  const { id, identity } = (await test.app.inject({ url: '/me', headers: { ...program, cookie: linked.cookie } })).json()
  const other = await test.simulator.signIn(test.app, 'udo')
  const vera = (await rowsOf(test)).find(({ user_id: userId, oid }) => userId === id && oid !== identity.oid)!
  t.equal((await rowsOf(test)).length, 3)
  await test.app.accounts.unlink(id, vera)
  t.same((await rowsOf(test)).map(({ oid }) => oid).sort(), [identity.oid, (await identityOf(test, other.cookie)).oid].sort())
  await test.app.accounts.delete(id)
  t.same((await rowsOf(test)).map(({ user_id: userId }) => userId === id), [false])
})

t.test('who is disabled has no tokens any more, and no job goes on in their name', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const { id, identity } = (await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json()
  await test.app.accounts.disable(id)
  t.same(await rowsOf(test), [])
  await test.app.accounts.enable(id)
  await t.rejects(test.app.microsoft.accessToken(identity, ['User.Read']), { code: 'interaction_required' })
})

t.test('signing out leaves the tokens of the background; whoever signs in again has them', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const { id, identity } = (await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json()
  const token = await tokenOf(test, cookie)
  await test.app.sessions.signOutEverywhere(id)
  t.equal((await ask(test, cookie)).json().code, 'unauthenticated')
  t.equal(await test.app.microsoft.accessToken(identity, ['User.Read']), token)
})

t.test('a merge ends the holder\'s tokens with the holder\'s sessions (D3)', async (t) => {
  const test = await keepingApp(t, ownsAddresses)
  await test.simulator.signIn(test.app, 'ada')
  const [before] = await rowsOf(test)
  const merged = await test.simulator.signIn(test.app, 'ada-home')
  const after = await rowsOf(test)
  t.same(after.map(({ user_id: userId }) => userId), [before!.user_id], 'the same user')
  t.not(after[0]!.oid, before!.oid)
  t.ok(await tokenOf(test, merged.cookie))
  const kind = await keepingApp(t, { ...ownsAddresses, endSessionsOnMerge: false })
  await kind.simulator.signIn(kind.app, 'ada')
  await kind.simulator.signIn(kind.app, 'ada-home')
  t.equal((await rowsOf(kind)).length, 2, 'the positive control: who lets sessions go on lets tokens')
})

t.test('a sign-in that is refused keeps nothing', async (t) => {
  const test = await keepingApp(t, ownsAddresses)
  await test.simulator.signIn(test.app, 'ada')
  const before = await test.rows(['used_attempts'])
  t.equal((await test.simulator.signIn(test.app, 'adam')).location, '/auth/error?error=email_in_use')
  t.equal(await test.rows(['used_attempts']), before)
})

t.test('a sign-in that the application refuses at its end leaves the tokens as they were', async (t) => {
  const refused = new Set<string>()
  const test = await keepingApp(t, {
    onSignIn: async (request) => {
      t.ok(await request.microsoft.accessToken(['User.Read']), 'the hook itself has a token')
      if (refused.has(request.user!.displayName!)) throw new Error('not today')
    }
  })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const before = await rowsOf(test)
  refused.add('Ada Lovelace').add('Vera Verified')
  test.clock.now += minute
  t.equal((await test.simulator.signIn(test.app, 'ada')).location, '/auth/error?error=server_error')
  t.same(await rowsOf(test), before, 'of who had some')
  t.equal((await test.simulator.signIn(test.app, 'vera')).location, '/auth/error?error=server_error')
  t.same(await rowsOf(test), before, 'and of who had none')
  t.ok(await tokenOf(test, cookie))
})

t.test('who cannot be kept is not signed in, and is in when it works again', async (t) => {
  const test = await keepingApp(t)
  const signIn = signInOf(test.app)
  const { keepTokens } = signIn
  signIn.keepTokens = async () => { throw refuse('store_unavailable', 'SQLITE_FULL') }
  const failed = await test.simulator.signIn(test.app, 'ada')
  t.equal(failed.location, '/auth/error?error=store_unavailable')
  t.equal((await test.app.inject({ url: '/me', headers: { ...program, cookie: failed.cookie } })).statusCode, 401)
  signIn.keepTokens = keepTokens
  t.ok(await tokenOf(test, (await test.simulator.signIn(test.app, 'ada')).cookie))
})

t.test('an identity that was unlinked while its sign-in ended keeps no tokens', async (t) => {
  const test = await keepingApp(t)
  const signIn = signInOf(test.app)
  const { keepTokens } = signIn
  signIn.keepTokens = async (linked, ...rest) => {
    await test.app.accounts.disable(linked.user.id)
    return await keepTokens!(linked, ...rest)
  }
  await test.simulator.signIn(test.app, 'ada')
  t.same(await rowsOf(test), [])
})

t.test('an identity that came to another user brings nothing of the first one along', async (t) => {
  const test = await keepingApp(t)
  await test.simulator.signIn(test.app, 'ada', { query: { provider_scopes: 'api://orders/read' } })
  // As a store of the application's own may leave it, which moved the identity by itself.
  await signInOf(test.app).database.run(async (db) => await db.updateTable('tokens').set({ user_id: 'somebody else' }).execute())
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  t.ok(await tokenOf(test, cookie))
  t.equal(test.simulator.requests.refresh, 0)
  t.ok(await tokenOf(test, cookie, '?scope=api://orders/read'))
  t.equal(test.simulator.requests.refresh, 1, 'the token of before is not among them')
})

t.test('a refresh that ends after the identity was unlinked brings nothing back, and gives nothing', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const identity = await identityOf(test, cookie)
  test.clock.now += 2 * 60 * minute
  test.simulator.setTokenResponseHook(async (body) => {
    await test.app.microsoft.forgetTokens(identity)
    return body
  })
  await t.rejects(test.app.microsoft.accessToken(identity, ['User.Read']), { code: 'interaction_required', detail: { reason: 'no_kept_tokens' } })
  t.same(await rowsOf(test), [])
})

t.test('a sign-in during a refresh wins', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  test.clock.now += 2 * 60 * minute
  const brought: string[] = []
  test.simulator.setTokenResponseHook(async (body) => {
    test.simulator.setTokenResponseHook((other) => {
      brought.push(other.access_token as string)
      return other
    })
    await test.simulator.signIn(test.app, 'ada')
    return body
  })
  t.equal(await tokenOf(test, cookie), brought[0])
  t.equal(test.simulator.requests.refresh, 1)
})

t.test('with an account store of the application\'s own, tokens go all the same', async (t) => {
  const { createAccountStore } = await import('../../src/store/accounts.ts')
  const { openTestDatabase } = await import('../store/database.ts')
  const accounts = createAccountStore(await openTestDatabase(t))
  const test = await keepingApp(t, { accounts })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const linked = await test.simulator.link(test.app, 'vera', { cookie })
  const { id, identity } = (await test.app.inject({ url: '/me', headers: { ...program, cookie: linked.cookie } })).json()
  const vera = (await rowsOf(test)).find(({ oid }) => oid !== identity.oid)!
  await test.app.accounts.unlink(id, vera)
  t.same((await rowsOf(test)).map(({ oid }) => oid), [identity.oid])
  await test.app.accounts.delete(id)
  t.same(await rowsOf(test), [])
})

t.test('without the option nothing is kept, nothing more is asked for, and whoever uses it is told what is missing', async (t) => {
  const test = await keepingApp(t, { keepTokens: false }, { before: (app) => { app.get('/photo', async (request) => await request.microsoft.photo()) } })
  const start = await test.app.inject({ url: '/auth/microsoft/login', headers: { ...program, accept: 'text/html' } })
  t.equal(new URL(start.headers.location!).searchParams.get('scope'), 'openid profile email User.Read')
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  t.same(await rowsOf(test), [])
  for (const answer of [await ask(test, cookie), await test.app.inject({ url: '/photo', headers: { ...program, cookie } })]) t.match(answer.json(), { statusCode: 500, code: 'FST_ENTRA_CONFIGURATION', message: /"keepTokens": true/ })
  const identity = await identityOf(test, cookie)
  await t.rejects(test.app.microsoft.accessToken(identity, ['User.Read']), { code: 'FST_ENTRA_CONFIGURATION', message: /"keepTokens": true/ })
  await t.rejects(test.app.microsoft.forgetTokens(identity), { code: 'FST_ENTRA_CONFIGURATION' })
  const on = await keepingApp(t)
  t.equal(new URL((await on.app.inject({ url: '/auth/microsoft/login?provider_scopes=Mail.Read', headers: { ...program, accept: 'text/html' } })).headers.location!).searchParams.get('scope'), 'openid profile email User.Read offline_access Mail.Read', 'the positive control')
})
