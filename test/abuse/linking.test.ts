import * as openid from 'openid-client'
import type { AuthEvent } from '../../src/core/events.ts'
import { errorOf, signInTo, startSite } from '../identity/site.ts'
import { takesLong } from '../patient.ts'
import { navigation, program } from '../plugins/app.ts'
import { seen, sessionIn } from '../plugins/session-cookie.ts'
import { callback, form, keyOf, linkPath, ownPage, post, startLink, unlinkPath, usersOf } from '../plugins/identities.ts'
import { withClaims } from './forge.ts'
import { ada, countOf, malloryAs, me, victims } from './people.ts'
import { isRefused, tries } from './trial.ts'
import { startWorld } from './world.ts'

takesLong()

const pat = 'pat@outlook.example'
const minute = 60_000

tries('L01', 'an address that a tenant merely states merges nobody', async (t, engine) => {
  const world = await startWorld(t, engine)
  for (const account of ['mallory', 'mallory-denied', 'mallory-mapped']) {
    await isRefused(t, world, account, { code: 'email_in_use', attempt: 'used' }, async () => ({ response: await world.signIn(account), sent: [ada, world.victim.id] }))
  }
  t.equal((await me(world, await world.signIn('ada-home'))).id, world.victim.id, 'control: a verified one does')
})

tries('L02', 'with merging off, who merely states an address is somebody else without any', async (t, engine) => {
  const world = await startWorld(t, engine, { options: { allow_email_account_merge: false } })
  const before = await victims(world)
  for (const account of ['mallory', 'mallory-denied', 'mallory-mapped']) {
    const person = await me(world, await world.signIn(account))
    t.not(person.id, world.victim.id)
    t.same(await world.app.accounts.emails(person.id), [], account)
  }
  t.equal(await victims(world), before)
  t.equal((await seen(world, world.victim.cookie)).statusCode, 200)
  t.same((await world.app.accounts.emails((await me(world, await world.signIn('pat'))).id)).map(({ canonical }) => canonical), [pat], 'control: a verified, free one is an identifier')
})

tries('L03', 'nobody is merged into an account that has the address only unverified', async (t, engine) => {
  const world = await startWorld(t, engine)
  const attacker = sessionIn(await world.signIn('noel'))
  const { id } = (await seen(world, attacker)).json()
  await world.app.accounts.addEmail(id, pat)
  const prepared = await world.app.accounts.create()
  await world.app.accounts.addEmail(prepared.id, pat)

  const victim = await me(world, await world.signIn('pat'))
  t.notOk([id, prepared.id].includes(victim.id), 'the victim has an account of their own')
  t.equal((await world.app.accounts.findByEmail(pat))!.id, victim.id, 'and the address')
  for (const other of [id, prepared.id]) t.same(await world.app.accounts.emails(other), [], 'which nobody else has any more')
  t.equal((await seen(world, attacker)).json().id, id, 'the attacker is who they were')
  t.equal((await me(world, await world.signIn('noel'))).id, id)
  t.equal((await world.app.accounts.identities(victim.id)).length, 1)
})

tries('L05', 'what somebody put on an account before its address was proven leads nobody to the victim', async (t, engine) => {
  const world = await startWorld(t, engine)
  const attacker = sessionIn(await world.signIn('noel'))
  const { id } = (await seen(world, attacker)).json()
  const { accounts } = world.app
  const trojan = await startLink(world, attacker, 'grace')
  t.equal((await callback(world, trojan.query, trojan.cookie)).statusCode, 303)
  await accounts.addEmail(id, pat)
  await accounts.addEmail(id, 'second@mallory.example')

  const victim = await me(world, await world.signIn('pat'))
  for (const account of ['noel', 'grace']) t.equal((await me(world, await world.signIn(account))).id, id, `${account} is the attacker`)
  t.same((await accounts.identities(victim.id)).map(({ oid }) => oid), [keyOf('pat').oid])
  t.same((await accounts.emails(victim.id)).map(({ canonical }) => canonical), [pat])
  t.same((await accounts.emails(id)).map(({ canonical }) => canonical), ['second@mallory.example'])
})

tries('L05', 'an address that is merely stated accepts no invitation', async (t, engine) => {
  const world = await startWorld(t, engine, { options: { allow_email_account_merge: false } })
  const invited = await world.app.accounts.invite({ email: pat })
  t.not((await me(world, await world.signIn('mallory', { answer: withClaims({ email: pat }) }))).id, invited.id)
  t.same(await world.app.accounts.identities(invited.id), [])
  t.equal((await me(world, await world.signIn('pat'))).id, invited.id, 'control: whoever was invited does')
})

tries('L08', 'an address that nobody has proven is kept from nobody who does', async (t, engine) => {
  const events: AuthEvent[] = []
  const world = await startWorld(t, engine, { options: { allow_email_account_merge: false, onEvent: (event) => { events.push(event) } } })
  const squatters = [await world.app.accounts.create(), await world.app.accounts.create()]
  for (const { id } of squatters) await world.app.accounts.addEmail(id, pat)
  const victim = await me(world, await world.signIn('pat'))
  t.match(await world.app.accounts.emails(victim.id), [{ canonical: pat, verified: true }])
  for (const { id } of squatters) t.same(await world.app.accounts.emails(id), [])
  t.same(events.filter(({ type }) => type === 'identifier_reclaimed').map(({ userId }) => userId).sort(), squatters.map(({ id }) => id).sort(), 'and the application is told')
})

tries('L14', 'an identity of somebody else stays theirs, and nobody is told whose it is', async (t, engine) => {
  const world = await startWorld(t, engine)
  const attacker = sessionIn(await world.signIn('noel'))
  const owned = await victims(world)
  await isRefused(t, world, 'to a program', { code: 'identity_in_use', attempt: 'used' }, async () => {
    const { query, cookie } = await startLink(world, attacker, 'ada')
    return { response: await callback(world, query, cookie), sent: [world.victim.id, ada, 'Lovelace'] }
  })
  const { query, cookie } = await startLink(world, attacker, 'ada')
  const { headers } = await callback(world, query, cookie, navigation)
  t.equal(headers.location, '/auth/error?error=identity_in_use')
  const page = await world.app.inject({ url: headers.location!, headers: { ...navigation, cookie: attacker } })
  for (const hint of [world.victim.id, ada, 'Lovelace']) t.notOk(page.body.includes(hint), 'nor to a person')
  t.equal(await victims(world), owned)
  const free = await startLink(world, attacker, 'grace')
  t.equal((await callback(world, free.query, free.cookie)).statusCode, 303, 'control: one that is nobody\'s is linked')
})

tries('L15', 'the last way in stays', async (t, engine) => {
  const world = await startWorld(t, engine)
  await isRefused(t, world, 'the only one', { code: 'last_identity', attempt: 'kept' }, async () => await post(world, unlinkPath, world.victim.cookie, ownPage, keyOf('ada')))
  const second = await startLink(world, world.victim.cookie, 'pat')
  t.equal((await callback(world, second.query, second.cookie)).statusCode, 303)
  t.equal((await post(world, unlinkPath, world.victim.cookie, ownPage, keyOf('ada'))).statusCode, 204, 'control: one of two goes')
  await isRefused(t, world, 'the one that is left', { code: 'last_identity', attempt: 'kept' }, async () => await post(world, unlinkPath, world.victim.cookie, ownPage, keyOf('pat')))
})

tries('L17', 'who was signed in by an identity is signed out when it is unlinked', async (t, engine) => {
  const world = await startWorld(t, engine)
  const linked = await startLink(world, world.victim.cookie, 'pat')
  await callback(world, linked.query, linked.cookie)
  const thief = sessionIn(await world.signIn('pat'))
  const bystander = sessionIn(await world.signIn('noel'))
  t.equal((await seen(world, thief)).json().id, world.victim.id)
  const underWay = await world.begin('pat')
  t.equal((await post(world, unlinkPath, world.victim.cookie, ownPage, keyOf('pat'))).statusCode, 204)
  t.same(await Promise.all([thief, world.victim.cookie, bystander].map(async (cookie) => (await seen(world, cookie)).statusCode)), [401, 200, 200])
  t.not((await me(world, await underWay.finish())).id, world.victim.id, 'nor by a sign-in that was begun before')
})

tries('L17', 'what apps were given in the name of the user ends as well', async (t, engine) => {
  const site = await startSite(t, { entra: { database: await engine.newLocation(t), use_email_as_identifier: true, allow_email_account_merge: true, endSessionsOnMerge: false } })
  const app = await site.discover('spa')
  const given = async (account: string) => await signInTo(app, site.newBrowser(), { scope: 'openid offline_access' }, account)
  const user = await given('ada')
  const [theirs, others] = [await given('ada-home'), await given('pat')]
  t.equal(theirs.claims()!.sub, user.claims()!.sub)
  await site.app.accounts.unlink(user.claims()!.sub, keyOf('ada-home'))
  t.equal(await errorOf(openid.refreshTokenGrant(app, theirs.refresh_token!)), 'invalid_grant')
  t.not(await errorOf(openid.fetchUserInfo(app, theirs.access_token, openid.skipSubjectCheck)), null)
  t.equal(await errorOf(openid.refreshTokenGrant(app, others.refresh_token!)), null, 'control: nobody else\'s')
})

tries('L18', 'nobody is made to link or unlink by another site', async (t, engine) => {
  const world = await startWorld(t, engine)
  const second = await startLink(world, world.victim.cookie, 'pat')
  await callback(world, second.query, second.cookie)
  const before = await world.rows()
  const foreign: Array<Record<string, string>> = [
    {}, { origin: 'null' }, { origin: 'https://evil.example' }, { origin: 'https://sub.app.example' }, { origin: 'http://app.example' },
    { ...ownPage, 'sec-fetch-site': 'cross-site' }, { ...ownPage, 'sec-fetch-site': 'same-site' }, { 'sec-fetch-site': 'none' }, { 'sec-fetch-site': 'cross-site', 'x-requested-with': 'x' }
  ]
  for (const path of [linkPath, unlinkPath]) {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'] as const) {
      const { statusCode, headers } = await world.app.inject({ method, url: `${path}?prompt=none`, headers: { ...navigation, cookie: world.victim.cookie, 'sec-fetch-site': 'cross-site', 'x-http-method-override': 'POST' } })
      t.equal(statusCode, 405, `${method} ${path}`)
      t.equal(headers['set-cookie'], undefined)
    }
    for (const headers of foreign) {
      await isRefused(t, world, `${path} ${JSON.stringify(headers)}`, { code: 'cross_site_request', attempt: 'kept' }, async () => {
        const response = await post(world, path, world.victim.cookie, { ...headers, ...form }, new URLSearchParams(keyOf('pat')).toString())
        t.equal(response.headers['set-cookie'], undefined, 'no attempt is begun')
        return response
      })
    }
  }
  t.equal(await world.rows(), before)
  t.equal((await post(world, unlinkPath, world.victim.cookie, ownPage, keyOf('pat'))).statusCode, 204, 'control: its own page is listened to')
})

tries('L19', 'who finishes a link must be who began it', async (t, engine) => {
  const world = await startWorld(t, engine)
  const beginning = async () => {
    const session = sessionIn(await world.signIn('noel'))
    return { session, ...await startLink(world, session, 'pat') }
  }
  for (const [title, cookieOf] of Object.entries({ 'somebody else is signed in by then': (attempt: string) => `${world.victim.cookie}; ${attempt}`, 'nobody is': (attempt: string) => attempt })) {
    const begun = [await beginning(), await beginning()]
    for (const { session } of begun) await post(world, '/auth/logout', session)
    await isRefused(t, world, title, { code: 'session_mismatch', attempt: 'used' }, async () => {
      const { attempt, query } = begun.pop()!
      return await callback(world, query, cookieOf(attempt))
    })
  }
  t.same(await usersOf(world, 'pat'), [undefined], 'it is nobody\'s')
  const own = await beginning()
  t.equal((await callback(world, own.query, own.cookie)).statusCode, 303, 'control: who began it finishes it')
})

tries('L20', 'an address at Microsoft that somebody else was given signs nobody in, and links nothing', async (t, engine) => {
  const world = await startWorld(t, engine)
  const attacker = sessionIn(await world.signIn('noel'))
  const { id } = (await seen(world, attacker)).json()
  // The victim picks their own account at Microsoft, and comes back in their own browser.
  const signIn = await world.begin('pat')
  const link = await startLink(world, attacker, 'pat')
  const other = await world.begin('pat')
  for (const [title, query] of [['of a sign-in', signIn.callback.search], ['of a link', link.query]] as const) {
    for (const [browser, cookie] of [['nothing', ''], ['a session', world.victim.cookie], ['an attempt of its own', other.cookie]]) {
      await isRefused(t, world, `${title}, in a browser with ${browser}`, { code: 'invalid_state', attempt: 'kept' }, async () => await callback(world, query, cookie!))
    }
  }
  t.same((await world.app.accounts.identities(id)).map(({ oid }) => oid), [keyOf('noel').oid])
  t.same(await usersOf(world, 'pat'), [undefined])
  t.equal((await callback(world, link.query, link.cookie)).statusCode, 303, 'control: it is good where it was begun')
})

tries('L21', 'who signed in long ago signs in again before ways in are changed', async (t, engine) => {
  const world = await startWorld(t, engine)
  const second = await startLink(world, world.victim.cookie, 'pat')
  await callback(world, second.query, second.cookie)
  world.clock.now += 10 * minute - 1_000
  t.equal((await post(world, linkPath, world.victim.cookie)).statusCode, 200, 'control: so long it is recent')
  world.clock.now += minute
  for (const [path, body] of [[linkPath, {}], [unlinkPath, keyOf('pat')], [linkPath, { max_age: '999999' }]] as const) {
    await isRefused(t, world, path, { code: 'reauth_required', attempt: 'kept' }, async () => await post(world, path, world.victim.cookie, ownPage, body))
  }
  const again = sessionIn(await world.signIn('ada'))
  t.equal((await post(world, unlinkPath, again, ownPage, keyOf('pat'))).statusCode, 204, 'control: who has just signed in may')
})

tries('L23', 'who is disabled stays out, and is nobody new', async (t, engine) => {
  const world = await startWorld(t, engine)
  const { id } = await me(world, await world.signIn('pat'))
  await world.app.accounts.disable(id)
  await isRefused(t, world, 'by the identity', { code: 'account_disabled', attempt: 'used' }, async () => await world.signIn('pat'))
  await isRefused(t, world, 'by another with the same verified address', { code: 'account_disabled', attempt: 'used' }, async () => await world.signIn('noel', { answer: withClaims({ email: pat, xms_edov: true }) }))
  await world.app.accounts.enable(id)
  t.equal((await me(world, await world.signIn('pat'))).id, id, 'control: enabled, they are who they were')
})

tries('L23', 'who is deleted and comes again is somebody new, and nothing old comes back', async (t, engine) => {
  const world = await startWorld(t, engine)
  const response = await world.signIn('pat')
  const { id } = await me(world, response)
  const second = await startLink(world, sessionIn(response), 'noel')
  await callback(world, second.query, second.cookie)
  const begun = [await startLink(world, sessionIn(response), 'grace'), await startLink(world, sessionIn(response), 'grace')]
  await world.app.accounts.delete(id)
  t.equal((await seen(world, sessionIn(response))).statusCode, 401)
  await isRefused(t, world, 'a link that was begun before', { code: 'session_mismatch', attempt: 'used' }, async () => {
    const { query, cookie } = begun.pop()!
    return await callback(world, query, cookie)
  })
  const again = await me(world, await world.signIn('pat'))
  t.not(again.id, id)
  t.same((await world.app.accounts.identities(again.id)).map(({ oid }) => oid), [keyOf('pat').oid])
  t.not((await me(world, await world.signIn('noel'))).id, again.id)
  t.equal(await countOf(world, 'users'), 3)
})

tries('L24', 'a tenant learns a few times an hour that an address is somebody\'s, and then nothing, whoever of it asks', async (t, engine) => {
  const world = await startWorld(t, engine, { options: { collisionsPerTenant: 4 } })
  t.equal((await world.signIn('mallory', malloryAs(1, 'nobody@partner.example'))).statusCode, 303, 'nobody\'s is nobody\'s')
  // Twice in a row, and two at once more: of many at once no more are told.
  await isRefused(t, world, 'somebody\'s', { code: 'email_in_use', attempt: 'used' }, async () => await world.signIn('mallory'))
  const begun = await Promise.all(Array.from({ length: 8 }, async (_, index) => await world.signIn('mallory', malloryAs(index + 10, ada))))
  t.same(begun.map((answer) => answer.json().code).sort(), [...Array<string>(2).fill('email_in_use'), ...Array<string>(6).fill('too_many_requests')])
  const bodies: string[] = []
  for (const [index, address] of [ada, 'other@partner.example'].entries()) {
    await isRefused(t, world, `then: ${index === 0 ? 'somebody\'s' : 'nobody\'s'}`, { code: 'too_many_requests', attempt: 'used' }, async () => {
      const response = await world.signIn('mallory', { ...malloryAs(30, address), headers: { ...program, 'x-forwarded-for': `198.51.100.${bodies.length}` } })
      t.equal(response.headers['retry-after'], '3600')
      bodies.push(response.body)
      return { response, sent: [address] }
    })
  }
  t.equal(new Set(bodies).size, 1, 'the answer is the same')
  t.equal((await world.signIn('mallory', malloryAs(1, 'nobody@partner.example'))).statusCode, 303, 'control: who is known signs in')
  t.equal((await world.signIn('amir')).statusCode, 303, 'control: another tenant is another one')
  t.match(world.log(), /"reason":"tenant_limit_collision"/)
  world.clock.now += 60 * minute
  t.equal((await world.signIn('mallory')).json().code, 'email_in_use', 'control: in an hour there are more')
})
