import { createTokenStore } from '../../src/store/tokens.ts'
import type { TokenOwner } from '../../src/tokens/types.ts'
import { openTestDatabase } from './database.ts'
import { type Engine, rule } from './engines.ts'

const ada: TokenOwner = { tid: 'contoso', oid: 'ada' }
const vera: TokenOwner = { tid: 'contoso', oid: 'vera' }
const tokens = (sealed: string, userId = 'ann') => ({ userId, sealed, savedAt: 5 })

async function newStore (t: Parameters<typeof openTestDatabase>[0], engine: Engine) {
  return createTokenStore(await openTestDatabase(t, await engine.newLocation(t)))
}

rule('tokens of a sign-in take the place of what was there, under another version', async (t, engine) => {
  const store = await newStore(t, engine)
  t.equal(await store.find(ada), null)
  t.equal(await store.put(ada, tokens('first'), 7), 7)
  t.same(await store.find(ada), { ...ada, ...tokens('first'), version: 7, lease: null, leaseUntil: 0 })
  t.ok(await store.lease(ada, 7, { id: 'x', now: 1, until: 21 }))
  t.equal(await store.put(ada, tokens('second', 'bob'), 99), 8)
  t.same(await store.find(ada), { ...ada, ...tokens('second', 'bob'), version: 8, lease: null, leaseUntil: 0 }, 'the lease is over')
  t.equal(await store.find(vera), null)
})

rule('a lease is had by one, for the version that was read, until it runs out', async (t, engine) => {
  const store = await newStore(t, engine)
  await store.put(ada, tokens('first'), 7)
  const leaseAt = async (id: string, now: number, version = 7): Promise<boolean> => await store.lease(ada, version, { id, now, until: now + 20 })
  const taken = await Promise.all(Array.from({ length: 20 }, async (_, index) => await leaseAt(`server ${index}`, 100)))
  t.equal(taken.filter(Boolean).length, 1)
  t.notOk(await leaseAt('late', 119))
  t.notOk(await leaseAt('late', 120, 8), 'not of a version that is not there')
  t.ok(await leaseAt('late', 120), 'whoever had it is thought to have died')
  t.ok(await leaseAt('earlier', 119), 'a lease that ends later than any of now can was taken before the clock was set back (D22)')
  await store.release(ada, 'late')
  t.notOk(await leaseAt('other', 119), 'nobody gives another one\'s back')
  await store.release(ada, 'earlier')
  t.ok(await leaseAt('other', 119))
  t.notOk(await store.lease(vera, 7, { id: 'x', now: 1, until: 21 }))
})

rule('only who has the lease writes, once, and never brings back what has gone', async (t, engine) => {
  const store = await newStore(t, engine)
  await store.put(ada, tokens('first'), 7)
  await store.put(vera, tokens('hers'), 1)
  await store.lease(ada, 7, { id: 'mine', now: 1, until: 21 })
  t.notOk(await store.update(ada, 'other', tokens('x')))
  t.notOk(await store.update(ada, 'mine', tokens('x', 'bob')), 'nor for another user')
  t.ok(await store.update(ada, 'mine', tokens('second')))
  t.same(await store.find(ada), { ...ada, ...tokens('second'), version: 8, lease: null, leaseUntil: 0 })
  t.notOk(await store.update(ada, 'mine', tokens('third')))
  await store.lease(ada, 8, { id: 'mine', now: 1, until: 21 })
  await store.remove(ada)
  t.notOk(await store.update(ada, 'mine', tokens('third')))
  t.equal(await store.find(ada), null)
  t.match(await store.find(vera), { sealed: 'hers' })
})

rule('what was there before is put back exactly, unless somebody has written since', async (t, engine) => {
  const store = await newStore(t, engine)
  await store.put(ada, tokens('first'), 7)
  const before = await store.find(ada)
  const version = await store.put(ada, tokens('second'), 99)
  await store.restore(ada, version, before)
  t.same(await store.find(ada), before)
  await store.restore(ada, version, null)
  t.same(await store.find(ada), before, 'another version is left alone')
  await store.put(ada, tokens('third'), 99)
  await store.restore(ada, 7, before)
  t.match(await store.find(ada), { sealed: 'third' })
  await store.restore(ada, 8, null)
  t.equal(await store.find(ada), null, 'what was not there before goes')
})

rule('tokens are listed and removed by user, or by user and identity', async (t, engine) => {
  const store = await newStore(t, engine)
  const carl: TokenOwner = { tid: 'contoso', oid: 'carl' }
  for (const [owner, user] of [[vera, 'ann'], [ada, 'ann'], [carl, 'bob']] as const) await store.put(owner, tokens('x', user), 1)
  t.same(await store.listOf('ann'), [{ ...ada, savedAt: 5 }, { ...vera, savedAt: 5 }])
  await store.removeOf('ann', carl)
  t.ok(await store.find(carl), 'of one user\'s identity is not another\'s')
  await store.removeOf('ann', ada)
  t.same(await store.listOf('ann'), [{ ...vera, savedAt: 5 }])
  await store.removeOf('ann')
  t.same(await store.listOf('ann'), [])
  t.same(await store.listOf('bob'), [{ ...carl, savedAt: 5 }])
})
