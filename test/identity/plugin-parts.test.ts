import t from 'tap'
import { accountFinder } from '../../plugins/identity/account.ts'
import { endWithSessions } from '../../plugins/identity/ends.ts'
import { configurationOf } from '../../plugins/identity/configuration.ts'
import { loadOidcProvider } from '../../plugins/identity/load.ts'
import { lostTo } from '../../plugins/identity/lost.ts'
import { nameOf } from '../../plugins/identity/pages.ts'
import type { Parts } from '../../plugins/identity/parts.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { readOptions } from '../../src/core/options.ts'
import { identityOptionRules } from '../../src/identity/options.ts'
import type { SessionUser } from '../../src/session/types.ts'
import { startAuthorization, startSite } from './site.ts'

const email = (address: string | null) => ({ address, canonical: address, source: null, score: 90, verified: true, evidence: [{ kind: 'domain_owner_verified', score: 90, sentence: '' }] })

const identityOptionsFor = () => readOptions('test', identityOptionRules, {})

async function finder (user: { disabledAt: number | null } | null) {
  const accounts = {
    find: async () => user === null ? null : { id: 'u', displayName: null, createdAt: 0, ...user },
    identities: async () => [{ lastSignInAt: 1, profile: {}, email: email('held@contoso.example') }, { lastSignInAt: 0, profile: {}, email: email(null) }],
    emails: async () => [],
    findByEmail: async () => ({ id: 'another' })
  }
  return accountFinder({ signIn: { accounts, emailThreshold: 90 }, oidc: await loadOidcProvider() } as unknown as Parts)
}

const at = (route: string) => ({ oidc: { route } }) as unknown as Parameters<Awaited<ReturnType<typeof finder>>>[0]

t.test('who is disabled or gone is nobody to an app, and refused where a browser waits', async (t) => {
  for (const user of [null, { disabledAt: 1 }]) {
    const find = await finder(user)
    t.equal(await find(at('token'), 'u'), undefined)
    for (const route of ['authorization', 'resume']) await t.rejects(find(at(route), 'u'), { message: 'access_denied' })
  }
})

t.test('an address that another user holds is not vouched for', async (t) => {
  const account = await (await finder({ disabledAt: null }))(at('userinfo'), 'u')
  t.match(await account!.claims(), { sub: 'u', email: 'held@contoso.example', email_verified: false })
})

t.test('people have a name on pages, where any is known', async (t) => {
  const user = (displayName: string | null, address: string | null) => ({ displayName, email: address === null ? null : email(address) }) as unknown as SessionUser
  t.same([nameOf(user('Ada', 'a@b.example')), nameOf(user(null, 'a@b.example')), nameOf(user(null, null))], ['Ada', 'a@b.example', null])
})

t.test('a fault on the way is a fault, and no strange question', async (t) => {
  const site = await startSite(t)
  const browser = site.newBrowser()
  const page = (await browser.once((await startAuthorization(await site.discover('spa'))).url)).headers.location as string
  await signInOf(site.app).database.close()
  t.match((await browser.open(site.origin + page)).url, 'error=store_unavailable')
})

t.test('a question is answered at its own address, with its own cookie', async (t) => {
  const site = await startSite(t)
  const config = await site.discover('spa')
  const [one, other] = await Promise.all([1, 2].map(async () => await site.newBrowser().once((await startAuthorization(config)).url)))
  const cookie = [other!.headers['set-cookie']].flat().map((text) => text!.split(';')[0]).join('; ')
  const ask = async (path: string) => (await fetch(site.origin + path, { headers: { cookie }, redirect: 'manual' })).status
  t.equal(await ask(one!.headers.location as string), 400)
  t.equal(await ask(other!.headers.location as string), 303)
})

t.test('apps are told by the application\'s own way to the network, for so long and no redirect followed', async (t) => {
  const asked: Array<[string, RequestInit & { dispatcher?: unknown }]> = []
  const environment = { now: () => 0, fetch: async (url: string, init: RequestInit) => { asked.push([url, init]); return new Response() } }
  const parts = {
    oidc: await loadOidcProvider(), options: identityOptionsFor(), project: { name: 'identity', simulated: false }, path: '/x', signIn: { config: { environment, secure: true, simulated: false, origin: 'https://app.example' } }
  } as unknown as Parts
  const { fetch: tell } = configurationOf(parts, []) as unknown as { fetch: (url: string, init: object) => Promise<Response> }
  await tell('https://wiki.example/told', { method: 'POST', redirect: 'manual', dispatcher: 'a guard' })
  const [url, init] = asked[0]!
  t.match([url, init.method, init.redirect, init.dispatcher], ['https://wiki.example/told', 'POST', 'manual', undefined])
  t.ok(init.signal instanceof AbortSignal)
})

t.test('other events end nothing', async (t) => {
  const removed: string[] = []
  let listener: (event: object) => Promise<void> = async () => {}
  const signIn = { sessionsEndListeners: [], listen: (given: typeof listener) => { listener = given } }
  endWithSessions({ signIn, consents: { removeAllOf: async (userId: string) => { removed.push(userId) } } } as unknown as Parts, async () => {})
  await listener({ type: 'user_disabled', userId: 'u' })
  await listener({ type: 'user_deleted', userId: 'u' })
  t.same(removed, ['u'])
})

t.test('who comes second is told what was used up: a grant, or an assertion', async (t) => {
  const lost = lostTo((await loadOidcProvider()).errors)
  for (const kind of ['AuthorizationCode', 'RefreshToken'] as const) t.match(lost(kind), { error: 'invalid_grant', error_detail: 'used already' })
  t.match(lost('ReplayDetection'), { error: 'invalid_client', error_detail: 'client assertion tokens must only be used once' })
})
