import { mock } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import * as openid from 'openid-client'
import { signInOf } from '../../plugins/sign-in.ts'
import { publishedAfter, publishedAhead } from '../../src/identity/key-schedule.ts'
import { rotateKeys } from '../../src/identity/signing-keys.ts'
import { createKeyStore } from '../../src/store/identity-keys.ts'
import { basicOf, token } from '../identity/requests.ts'
import { answerOf, appOrigin, callback, clients, errorOf, goOn, secret, type Site, startAuthorization, submit, type Tokens } from '../identity/site.ts'
import { takesLong } from '../patient.ts'
import { isRefusedByProvider, type ProviderWorld, startProviderWorld } from './provider-world.ts'
import { tries } from './trial.ts'

takesLong()

const invalidGrant = { status: 400, error: 'invalid_grant' } as const
const minute = 60_000
const scope = 'openid offline_access'

/** A code with what redeems it. */
async function codeFor (world: ProviderWorld, config: openid.Configuration): Promise<Record<string, string>> {
  const started = await startAuthorization(config, { scope })
  const browser = world.newBrowser()
  const { code } = answerOf(await goOn(browser, await browser.open(started.url, appOrigin)))
  world.canaries.add(code, started.verifier)
  return { grant_type: 'authorization_code', client_id: 'spa', code: code!, redirect_uri: callback, code_verifier: started.verifier }
}

const refreshForm = ({ refresh_token: refreshToken }: Pick<Tokens, 'refresh_token'>, more: Record<string, string> = {}): Record<string, string> =>
  ({ grant_type: 'refresh_token', client_id: 'spa', refresh_token: refreshToken!, ...more })

const userInfo = async (site: Site, accessToken: unknown): Promise<number> => (await fetch(`${site.issuer}/userinfo`, { headers: { authorization: `Bearer ${String(accessToken)}` } })).status

/** The clock is the machine's, which oidc-provider reads. */
function mockClock (t: { teardown: (work: () => void) => void }): (milliseconds: number) => void {
  mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 5) })
  t.teardown(() => mock.timers.reset())
  return (milliseconds) => mock.timers.tick(milliseconds)
}

tries('P06', 'a code is good once, also for twenty at once, and the second time it ends what came of the first', async (t, engine) => {
  const world = await startProviderWorld(t, engine)
  const config = await world.discover('spa')
  for (const times of [2, 20]) {
    const form = await codeFor(world, config)
    const redeem = async () => await token(world, form)
    const answers = times === 2 ? [await redeem(), await redeem()] : await Promise.all(Array.from({ length: times }, redeem))
    const [first, ...more] = answers.filter(({ status }) => status === 200)
    t.equal(more.length, 0)
    t.equal(answers.filter(({ body }) => body.error === 'invalid_grant').length, times - 1)
    world.canaries.add(...['access_token', 'refresh_token'].map((name) => String(first!.body[name])))
    t.equal(await userInfo(world, first!.body.access_token), 401, 'the access token is dead')
    const tokens = { refresh_token: String(first!.body.refresh_token) }
    await isRefusedByProvider(t, world, 'the refresh token', invalidGrant, async () => await token(world, refreshForm(tokens)))
    await isRefusedByProvider(t, world, 'once more', invalidGrant, redeem)
  }
  const form = await codeFor(world, config)
  await isRefusedByProvider(t, world, 'by another client', invalidGrant, async () => await token(world, { ...form, client_id: 'native' }))
  await isRefusedByProvider(t, world, 'by one with a secret', invalidGrant, async () => await token(world, Object.fromEntries(Object.entries(form).filter(([name]) => name !== 'client_id')), basicOf('basic', secret)))
  await isRefusedByProvider(t, world, 'for another redirect URL', invalidGrant, async () => await token(world, { ...form, redirect_uri: `${callback}/` }))
  const { body } = await token(world, form)
  t.equal(await userInfo(world, body.access_token), 200, 'control: used once, by its own')
})

tries('P08', 'a code lives a minute', async (t, engine) => {
  const tick = mockClock(t)
  const world = await startProviderWorld(t, engine)
  const config = await world.discover('spa')
  const [early, late, latest] = [await codeFor(world, config), await codeFor(world, config), await codeFor(world, config)]
  tick(59_000)
  t.equal((await token(world, early)).status, 200, 'control: 59 seconds')
  tick(2_000)
  await isRefusedByProvider(t, world, '61 seconds', invalidGrant, async () => await token(world, late))
  tick(540_000)
  t.match((await token(world, latest)).body, { error: 'invalid_grant' }, '601 seconds')
})

tries('P09', 'a client authenticates as it is registered, and in no other way', async (t, engine) => {
  const world = await startProviderWorld(t, engine)
  const form = { grant_type: 'refresh_token', refresh_token: 'unknown' }
  const [by, invalidClient] = [basicOf, { status: 401, error: 'invalid_client' }]
  const wrong: Record<string, [Record<string, string>, Record<string, string>]> = {
    'wrong secret': [form, by('basic', `${secret}x`)],
    'the first character of it': [form, by('basic', `x${secret.slice(1)}`)],
    'basic by post': [{ ...form, client_id: 'basic', client_secret: secret }, {}],
    'post by basic': [form, by('post', secret)],
    'another letter case': [form, by('BASIC', secret)],
    'a public client with a secret': [form, by('spa', secret)],
    'a public client with a posted secret': [{ ...form, client_id: 'spa', client_secret: secret }, {}],
    'none where one is registered': [{ ...form, client_id: 'basic' }, {}],
    'an unknown client': [{ ...form, client_id: 'nobody' }, {}],
    'the hash that is stored': [form, by('basic', 'sha256:x')]
  }
  for (const [title, [body, headers]] of Object.entries(wrong)) await isRefusedByProvider(t, world, title, invalidClient, async () => ({ answer: await token(world, body, headers), sent: [secret] }))
  t.match((await token(world, form, by('basic', 'wrong'))).headers.get('www-authenticate'), /^Basic realm=/)
  const malformed: Record<string, [Record<string, string>, Record<string, string>, string?]> = {
    'two ways at once (RFC 6749 section 5.2)': [{ ...form, client_secret: secret }, by('basic', secret)],
    'an empty secret': [form, by('basic', '')],
    'not encoded': [form, { authorization: `Basic ${Buffer.from('basic:%zz').toString('base64')}` }],
    'without a colon': [form, { authorization: `Basic ${Buffer.from('basic').toString('base64')}` }],
    'in the query': [form, {}, `?client_id=post&client_secret=${secret}`]
  }
  for (const [title, [body, headers, query]] of Object.entries(malformed)) {
    await isRefusedByProvider(t, world, title, { status: 400, error: 'invalid_request' }, async () => ({ answer: await token(world, body, headers, query), sent: [secret] }))
  }
  t.match((await token(world, form, by('basic', secret))).body, { error: 'invalid_grant' }, 'control: basic is let in, and told that the token is none')
  t.match((await token(world, { ...form, client_id: 'post', client_secret: secret })).body, { error: 'invalid_grant' }, 'control: post')
  t.match((await token(world, { ...form, client_id: 'spa' })).body, { error: 'invalid_grant' }, 'control: none')
})

tries('P11', 'of twenty refreshes at once one gives a new member, and a replay ends the family', async (t, engine) => {
  const tick = mockClock(t)
  const world = await startProviderWorld(t, engine)
  const config = await world.discover('spa')
  const first = await world.signInTo(config, world.newBrowser(), { scope })
  const answers = await Promise.all(Array.from({ length: 20 }, async () => await token(world, refreshForm(first))))
  const taken = answers.filter(({ status }) => status === 200)
  t.equal(taken.length, 1)
  for (const { body } of answers) if (!taken.some((one) => one.body === body)) t.equal(body.error, 'invalid_grant')
  const second = await token(world, refreshForm({ refresh_token: String(taken[0]!.body.refresh_token) }))
  t.equal(second.status, 200, 'control: which is alive')
  world.canaries.add(String(taken[0]!.body.refresh_token), String(second.body.refresh_token), String(second.body.access_token))
  tick(2_001)
  t.match((await token(world, refreshForm(first))).body, { error: 'invalid_grant' }, 'a replay')
  await isRefusedByProvider(t, world, 'the newest', invalidGrant, async () => await token(world, refreshForm({ refresh_token: String(second.body.refresh_token) })))
  t.equal(await userInfo(world, second.body.access_token), 401)
})

/** Each way in which what was given is taken back. */
const endings: Record<string, (scene: { world: ProviderWorld, config: openid.Configuration, browser: ReturnType<Site['newBrowser']>, tokens: Tokens, userId: string }) => Promise<unknown>> = {
  'the user is disabled': async ({ world, userId }) => await world.app.accounts.disable(userId),
  'the user is deleted': async ({ world, userId }) => await world.app.accounts.delete(userId),
  'the identity is unlinked': async ({ world, userId }) => await world.app.accounts.unlink(userId, { tid: '9188040d-6c67-4c5b-b112-36a304b66dad', oid: '00000000-0000-0000-4cc9-8bd3a6f0c5e2' }),
  'signed out': async ({ world, browser }) => await browser.submit(`${world.origin}/auth/logout`, {}),
  'signed out everywhere': async ({ world, userId }) => await world.app.sessions.signOutEverywhere(userId),
  'the consent is taken back': async ({ world, userId }) => await world.app.identity.revokeConsent(userId, 'guest'),
  'the app revokes it': async ({ config, tokens }) => await openid.tokenRevocation(config, tokens.refresh_token!)
}

tries('P12', 'what has ended gives no tokens any more', async (t, engine) => {
  const world = await startProviderWorld(t, engine, { entra: { use_email_as_identifier: true, allow_email_account_merge: true, endSessionsOnMerge: false } })
  const config = await world.discover('guest', openid.ClientSecretBasic(secret))
  const refresh = async (tokens: Tokens, more = {}) => await token(world, Object.fromEntries(Object.entries(refreshForm(tokens, more)).filter(([name]) => name !== 'client_id')), basicOf('guest', secret))
  for (const [title, end] of Object.entries(endings)) {
    await world.signInTo(config, world.newBrowser(), {}, 'ada')
    const browser = world.newBrowser()
    const tokens = await world.signInTo(config, browser, { scope, prompt: 'consent' }, 'ada-home')
    const next = await refresh(tokens)
    t.equal(next.status, 200, `control: before ${title}`)
    const last = { ...tokens, refresh_token: String(next.body.refresh_token) } as Tokens
    world.canaries.add(last.refresh_token, String(next.body.access_token))
    const userId = tokens.claims()!.sub
    await end({ world, config, browser, tokens: last, userId })
    await isRefusedByProvider(t, world, title, invalidGrant, async () => await refresh(last))
    t.equal(await userInfo(world, next.body.access_token), 401, `${title}: the access token`)
    if (title === 'the user is disabled') await world.app.accounts.enable(userId)
  }
  const tokens = await world.signInTo(config, world.newBrowser(), { scope, prompt: 'consent' }, 'ada')
  await isRefusedByProvider(t, world, 'more than was given', { status: 400, error: 'invalid_scope' }, async () => await refresh(tokens, { scope: 'openid offline_access email' }))
  await isRefusedByProvider(t, world, 'by another client', invalidGrant, async () => await token(world, refreshForm(tokens)))
  t.equal((await refresh(tokens, { scope: 'openid' })).status, 200, 'control: less than was given, by its own')
})

tries('P12', 'refreshing ends, however often it was done', async (t, engine) => {
  const tick = mockClock(t)
  const world = await startProviderWorld(t, engine, {
    entra: { absoluteTimeout: 30 * 86_400_000, idleTimeout: 30 * 86_400_000 }, identity: { clients: [clients.spa], refreshTokenLifetime: 60 * minute, refreshTokenAbsoluteLifetime: 150 * minute, accessTokenLifetime: 24 * 60 * minute }
  })
  const config = await world.discover('spa')
  const idle = await world.signInTo(config, world.newBrowser(), { scope })
  let tokens = await world.signInTo(config, world.newBrowser(), { scope })
  for (const later of [59, 59, 31]) {
    tick(later * minute)
    tokens = await openid.refreshTokenGrant(config, tokens.refresh_token!)
    world.canaries.add(tokens.access_token, tokens.refresh_token)
  }
  t.equal(await errorOf(openid.refreshTokenGrant(config, idle.refresh_token!)), 'invalid_grant', 'one that nobody used is over earlier')
  tick(2 * minute)
  // The victim is signed in to its app for as long, and is not looked at here.
  t.match((await token(world, refreshForm(tokens))).body, { error: 'invalid_grant' })
})

tries('P21', 'the key set has no private key, and a rotated one stays for as long as its tokens', async (t, engine) => {
  const tick = mockClock(t)
  const world = await startProviderWorld(t, engine)
  const config = await world.discover('spa')
  const read = async () => (await (await fetch(`${world.issuer}/jwks`)).json() as { keys: Array<Record<string, unknown>> }).keys
  const kidsNow = async () => (await read()).map(({ kid }) => kid).sort()
  const signer = async () => decodeProtectedHeader((await world.signInTo(config, world.newBrowser())).id_token!).kid
  const [before, old] = [await kidsNow(), await signer()]
  for (const key of await read()) for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) t.notOk(name in key, `${String(key.alg)} ${name}`)
  const { database, keys, config: { environment } } = signInOf(world.app)
  await rotateKeys({ store: createKeyStore(database), project: { name: 'identity', simulated: true }, sealKeys: [...keys('identity-key')], environment }, { publishedAhead, compromised: false })
  tick(minute)
  t.equal((await kidsNow()).length, before.length + 2, 'the new ones are shown first')
  t.equal(await signer(), old, 'and sign later')
  tick(publishedAhead)
  t.not(await signer(), old)
  t.ok((await kidsNow()).includes(old), 'the old one stays')
  for (const key of await read()) t.notOk('d' in key)
  tick(publishedAfter)
  t.notOk((await kidsNow()).includes(old), 'until what it signed has expired')
})

tries('P16', 'an address that is not proven is never a verified one for an app', async (t, engine) => {
  const mails: string[] = []
  const world = await startProviderWorld(t, engine, { entra: { use_email_as_identifier: true, verify_email: true, mailer: async ({ text }) => { mails.push(text) } } })
  const config = await world.discover('basic', openid.ClientSecretBasic(secret))
  const claimsOf = async (account: string, prove: 'prove' | 'no' = 'no') => {
    const started = await startAuthorization(config, { scope: 'openid email email_trust' })
    const browser = world.newBrowser()
    let page = await goOn(browser, await browser.open(started.url, appOrigin), account)
    if (page.status !== 0) {
      if (prove === 'no') return `stops at ${new URL(page.url).pathname}`
      page = await goOn(browser, await submit(browser, page, 'name="code"', { code: /\b\d{6}\b/.exec(mails.at(-1)!)![0] }), account)
    }
    const { body } = await token(world, { grant_type: 'authorization_code', code: answerOf(page).code!, redirect_uri: callback, code_verifier: started.verifier }, basicOf('basic', secret))
    const info = await (await fetch(`${world.issuer}/userinfo`, { headers: { authorization: `Bearer ${String(body.access_token)}` } })).json() as Record<string, unknown>
    return { email: info.email, email_verified: info.email_verified, email_score: info.email_score }
  }
  for (const account of ['mallory', 'mallory-denied', 'mallory-mapped', 'amir']) t.equal(await claimsOf(account), 'stops at /auth/code', `${account} is asked for the mail first`)
  t.same(await claimsOf('noel'), { email: undefined, email_verified: undefined, email_score: undefined }, 'no address is none')
  t.same(await claimsOf('amir', 'prove'), { email: 'amir@contoso.example', email_verified: true, email_score: 100 }, 'control: who has proven it has')
  t.same(await claimsOf('ada'), { email: 'ada@contoso.example', email_verified: true, email_score: 90 }, 'control: and whom Microsoft vouches for')
  const lax = await startProviderWorld(t, engine)
  const laxConfig = await lax.discover('basic', openid.ClientSecretBasic(secret))
  for (const [account, score] of [['mallory', 20], ['mallory-denied', 0], ['mallory-mapped', 20], ['amir', 20]] as const) {
    const tokens = await lax.signInTo(laxConfig, lax.newBrowser(), { scope: 'openid email email_trust' }, account)
    t.match(await openid.fetchUserInfo(laxConfig, tokens.access_token, tokens.claims()!.sub), { email_verified: false, email_score: score }, `${account}, where nothing is mailed`)
  }
})

tries('P17', 'sub is the user of the application, whatever Microsoft says of them, and is never given again', async (t, engine) => {
  const world = await startProviderWorld(t, engine, { entra: { use_email_as_identifier: true, allow_email_account_merge: true, endSessionsOnMerge: false } })
  const config = await world.discover('spa')
  const home = { tid: '9188040d-6c67-4c5b-b112-36a304b66dad', oid: '00000000-0000-0000-4cc9-8bd3a6f0c5e2' }
  const subOf = async (account: string) => (await world.signInTo(config, world.newBrowser(), { scope: 'openid email profile' }, account)).claims()!.sub
  const first = await subOf('ada')
  t.match(first, /^[0-9a-f-]{36}$/, 'an id of ours, and no address')
  t.equal(await subOf('ada-home'), first, 'both identities are one user')
  await world.app.accounts.unlink(first, home)
  t.equal(await subOf('ada-home'), first, 'unlinked, and linked again by the address')
  await world.app.accounts.releaseEmail(first, 'ada@contoso.example')
  t.equal(await subOf('ada'), first, 'without the address')
  await world.app.accounts.delete(first)
  const second = await subOf('ada')
  t.not(second, first, 'who comes again after that is somebody else')
  t.not(await subOf('vera'), second, 'control: and so is everybody else')
})
