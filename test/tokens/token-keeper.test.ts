import t, { type Test } from 'tap'
import { refuse } from '../../src/core/errors.ts'
import { createSeal } from '../../src/core/seal.ts'
import type { RefreshedTokens } from '../../src/provider/types.ts'
import { createTokenStore } from '../../src/store/tokens.ts'
import { createTokenKeeper, type TokenKeeper } from '../../src/tokens/token-keeper.ts'
import type { TokenStore } from '../../src/tokens/types.ts'
import { seededBytes } from '../random.ts'
import { openTestDatabase } from '../store/database.ts'

const owner = { tid: 'contoso', oid: 'ada' }
const scopes = ['Mail.Read']
const signIn = { tokens: { idToken: 'i', accessToken: 'a0', refreshToken: 'r0', expiresIn: 3_600, scope: 'Mail.Read' }, asked: scopes, loginHint: null }

/** A server with a keeper of its own. Waiting moves the clock, and nothing else takes time. */
async function newWorld (t: Pick<Test, 'teardown'>) {
  const clock = { now: 1_700_000_000_000 }
  const store = createTokenStore(await openTestDatabase(t))
  const asked: Array<[refreshToken: string, scopes: readonly string[]]> = []
  const newKeeper = (name: string, refresh: (refreshToken: string) => Promise<Partial<RefreshedTokens>>, other: Partial<TokenStore> = {}): TokenKeeper => createTokenKeeper({
    store: { ...store, ...other },
    seal: createSeal([Buffer.alloc(32, 1)]),
    environment: { now: () => clock.now, randomBytes: seededBytes(name) },
    pause: async (milliseconds) => { clock.now += milliseconds },
    refresh: async (refreshToken, wanted) => {
      asked.push([refreshToken, wanted])
      return { accessToken: `after ${refreshToken}`, expiresIn: 3_600, ...await refresh(refreshToken) }
    }
  })
  return { clock, store, asked, newKeeper }
}

const rotating = async (refreshToken: string): Promise<Partial<RefreshedTokens>> => ({ refreshToken: `r${Number(refreshToken.slice(1)) + 1}` })

t.test('a server that died while it refreshed holds nobody up for longer than its lease, and the old refresh token still works', async (t) => {
  const { clock, store, asked, newKeeper } = await newWorld(t)
  const dead = newKeeper('dead', rotating, { update: async () => await new Promise(() => {}) })
  await dead.keep(owner, 'ann', { ...signIn, obtainedAt: clock.now })
  clock.now += 3_600_000
  const before = clock.now
  void dead.accessToken({ owner, scopes })
  while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
  t.match(await store.find(owner), { lease: /./ }, 'it has asked Microsoft, and died before it could write')
  const alive = newKeeper('alive', rotating)
  t.same(await alive.accessToken({ owner, scopes }), { token: 'after r0' })
  t.same(asked, [['r0', ['Mail.Read', 'offline_access']], ['r0', ['Mail.Read', 'offline_access']]])
  t.ok(clock.now - before >= 20_000 && clock.now - before <= 20_200, `${clock.now - before} ms`)
})

t.test('who waits for a server that never ends is told so in time', async (t) => {
  const { clock, store, asked, newKeeper } = await newWorld(t)
  const keeper = newKeeper('keeper', rotating)
  await keeper.keep(owner, 'ann', { ...signIn, obtainedAt: clock.now })
  clock.now += 3_600_000
  // Somebody takes the lease again and again.
  const besieged = newKeeper('besieged', rotating, { find: async () => ({ ...(await store.find(owner))!, lease: 'somebody', leaseUntil: clock.now + 1_000 }) })
  await t.rejects(besieged.accessToken({ owner, scopes }), { code: 'provider_timeout', detail: { reason: 'refresh_elsewhere' } })
  t.same(asked, [])
})

t.test('a server that is slower than its lease neither writes over the next one\'s tokens nor gives its own', async (t) => {
  const { clock, store, newKeeper } = await newWorld(t)
  const next = newKeeper('next', rotating)
  const slow = newKeeper('slow', async () => {
    clock.now += 20_001
    await next.accessToken({ owner, scopes })
    return { accessToken: 'too late', refreshToken: 'r9' }
  })
  await slow.keep(owner, 'ann', { ...signIn, obtainedAt: clock.now })
  clock.now += 3_600_000
  t.same(await slow.accessToken({ owner, scopes }), { token: 'after r0' })
  clock.now += 3_600_000
  t.same(await next.accessToken({ owner, scopes }), { token: 'after r1' }, 'the refresh token is that of who was in time')
  t.match(await store.find(owner), { lease: null })
})

t.test('a row that goes while a server waits is nobody\'s any more', async (t) => {
  const { clock, store, newKeeper } = await newWorld(t)
  const keeper = newKeeper('keeper', rotating)
  await keeper.keep(owner, 'ann', { ...signIn, obtainedAt: clock.now })
  clock.now += 3_600_000
  await store.lease(owner, (await store.find(owner))!.version, { id: 'other', now: clock.now, until: clock.now + 20_000 })
  let looks = 0
  const waiting = newKeeper('waiting', rotating, {
    find: async (key) => {
      if (++looks === 3) await keeper.forget(owner)
      return await store.find(key)
    }
  })
  t.match(await waiting.accessToken({ owner, scopes }), { needed: { reason: 'no_kept_tokens' } })
})

t.test('of several who want other tokens at a time, the failure of one is its own', async (t) => {
  const { clock, newKeeper } = await newWorld(t)
  let refusals = 0
  const keeper = newKeeper('keeper', async () => {
    if (refusals++ === 0) throw refuse('invalid_state', { reason: 'token_invalid_grant', aadsts: 65001 })
    return { scope: 'Calendars.Read' }
  })
  await keeper.keep(owner, 'ann', { ...signIn, obtainedAt: clock.now })
  clock.now += 3_600_000
  const [mail, calendar] = await Promise.all([keeper.accessToken({ owner, scopes }), keeper.accessToken({ owner, scopes: ['Calendars.Read'] })])
  t.match(mail, { needed: { aadsts: 65001 } })
  t.same(calendar, { token: 'after r0' })
})

t.test('tokens of another user are nobody\'s, also where the row is there', async (t) => {
  const { clock, newKeeper } = await newWorld(t)
  const keeper = newKeeper('keeper', rotating)
  await keeper.keep(owner, 'ann', { ...signIn, obtainedAt: clock.now })
  t.match(await keeper.accessToken({ owner, userId: 'bob', scopes }), { needed: { reason: 'no_kept_tokens' }, loginHint: null })
  t.same(await keeper.accessToken({ owner, userId: 'ann', scopes }), { token: 'a0' })
})

t.test('what is no refusal is thrown as it is, and the lease is given back', async (t) => {
  const { clock, store, newKeeper } = await newWorld(t)
  const keeper = newKeeper('keeper', async () => { throw new TypeError('a bug') })
  await keeper.keep(owner, 'ann', { ...signIn, obtainedAt: clock.now })
  clock.now += 3_600_000
  await t.rejects(keeper.accessToken({ owner, scopes }), TypeError)
  t.match(await store.find(owner), { lease: null })
  const stuck = newKeeper('stuck', async () => { throw new TypeError('a bug') }, { release: async () => { throw new Error('and no database') } })
  await t.rejects(stuck.accessToken({ owner, scopes }), TypeError)
})
