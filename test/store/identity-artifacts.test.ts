import t, { type Test } from 'tap'
import type { ArtifactStore, StoredArtifact } from '../../src/identity/types.ts'
import { createArtifactStore } from '../../src/store/identity-artifacts.ts'
import type { Database } from '../../src/store/open.ts'
import { count, dump, openTestDatabase } from './database.ts'
import { type Engine, engines, rule } from './engines.ts'
import { race } from './processes.ts'

const later = 1_000_000

const artifact = (key: string, changes: Partial<StoredArtifact> = {}): StoredArtifact => ({
  key, project: 'p', kind: 'RefreshToken', sealed: `sealed ${key}`, grantKey: 'grant', sessionKey: 'session', accountId: 'ann', expiresAt: later, ...changes
})

async function open (t: Test, engine: Engine): Promise<{ database: Database, store: ArtifactStore }> {
  const database = await openTestDatabase(t, await engine.newLocation(t))
  return { database, store: createArtifactStore(database) }
}

rule('an artifact is found as it was written last', async (t, engine) => {
  const { store, database } = await open(t, engine)
  t.equal(await store.find('a'), null)
  t.equal(await store.put(artifact('a')), true)
  t.same(await store.find('a'), { sealed: 'sealed a', consumedAt: null })
  const bare = { grantKey: null, sessionKey: null, accountId: null }
  t.equal(await store.put(artifact('a', { sealed: 'other', expiresAt: 5, ...bare })), true)
  t.same(await store.find('a'), { sealed: 'other', consumedAt: null })
  t.match(await dump(database), { identity_artifacts: [{ key: 'a', grant_key: null, session_key: null, account_id: null, expires_at: 5 }] })
})

rule('of any number who use an artifact up, one does, and it stays so', async (t, engine) => {
  const { store } = await open(t, engine)
  await store.put(artifact('a'))
  const won = await Promise.all(Array.from({ length: 20 }, async (_, index) => await store.consume('a', 100 + index)))
  t.equal(won.filter(Boolean).length, 1)
  const { consumedAt } = (await store.find('a'))!
  t.equal(consumedAt, 100 + won.indexOf(true))
  t.equal(await store.put(artifact('a', { sealed: 'again' })), true)
  t.same(await store.find('a'), { sealed: 'again', consumedAt }, 'whoever writes it anew does not make it new')
  t.equal(await store.consume('nothing', 1), false)
})

rule('of any number who write an artifact first, one does', async (t, engine) => {
  const { store } = await open(t, engine)
  const won = await Promise.all(Array.from({ length: 20 }, async (_, index) => await store.putFirst(artifact('a', { sealed: `by ${index}` }))))
  t.equal(won.filter(Boolean).length, 1)
  t.equal((await store.find('a'))!.sealed, `by ${won.indexOf(true)}`)
})

rule('what has ended is not found, not used and not written again (S07)', async (t, engine) => {
  const { store, database } = await open(t, engine)
  await store.put(artifact('a'))
  await store.put(artifact('b'))
  await store.end('a', later)
  await store.end('a', later)
  t.equal(await store.find('a'), null)
  t.equal(await store.consume('a', 1), false)
  t.equal(await store.put(artifact('a')), false)
  t.equal(await store.putFirst(artifact('a')), false)
  t.equal(await store.find('a'), null)
  t.same(await store.find('b'), { sealed: 'sealed b', consumedAt: null }, 'one token is not its family')
  t.equal(await count(database, 'identity_artifacts'), 1)
})

rule('the grants of sessions are found while they live', async (t, engine) => {
  const { store } = await open(t, engine)
  for (const [key, sessionKey] of [['a', 's1'], ['b', 's2'], ['c', 's3'], ['d', 's1']]) await store.put(artifact(key!, { kind: 'Grant', grantKey: key!, sessionKey: sessionKey! }))
  await store.put(artifact('token', { sessionKey: 's1', grantKey: 'a' }))
  t.same(await store.grantsIn([]), [])
  t.same((await store.grantsIn(['s1', 's2'])).map(({ sealed }) => sealed), ['sealed a', 'sealed b', 'sealed d'])
  await store.end('a', later)
  await store.endSessions(['s2'], later)
  t.same(await store.grantsIn(['s1', 's2']), [{ sealed: 'sealed d', consumedAt: null }])
})

rule('with a grant end its codes and tokens, and no others', async (t, engine) => {
  const { store, database } = await open(t, engine)
  await store.put(artifact('grant', { kind: 'Grant', grantKey: 'grant', sessionKey: null }))
  await store.put(artifact('a'))
  await store.put(artifact('b', { kind: 'AccessToken' }))
  await store.put(artifact('other', { grantKey: 'grant2' }))
  await store.end('grant', later)
  for (const key of ['grant', 'a', 'b']) t.equal(await store.find(key), null, key)
  t.not(await store.find('other'), null)
  t.equal(await store.put(artifact('c')), false, 'a token that was on its way')
  t.equal(await count(database, 'identity_artifacts'), 1)
})

rule('a token that is written beside the end of its grant is dead, whichever comes first', async (t, engine) => {
  const { store } = await open(t, engine)
  for (let round = 0; round < 20; round++) {
    const grant = `grant${round}`
    const keys = Array.from({ length: 5 }, (_, index) => `${grant}-${index}`)
    const writing = keys.map(async (key) => await store.put(artifact(key, { grantKey: grant })))
    await Promise.all([...writing.slice(0, 2), store.end(grant, later), ...writing.slice(2)])
    t.same(await Promise.all(keys.map(async (key) => await store.find(key))), keys.map(() => null))
  }
})

rule('a token that got into the table past the end of its grant is dead all the same', async (t, engine) => {
  const { store, database } = await open(t, engine)
  await store.end('grant', later)
  // As a transaction leaves it that looked before the end and wrote after it.
  await database.run((db) => db.insertInto('identity_artifacts').values({ key: 'late', project: 'p', kind: 'RefreshToken', sealed: 'x', grant_key: 'grant', expires_at: later }).execute())
  t.equal(await store.find('late'), null)
  t.equal(await store.consume('late', 1), false)
})

rule('with sessions end the codes and tokens that were given in them', async (t, engine) => {
  const { store, database } = await open(t, engine)
  const session = (key: string, sessionKey: string): StoredArtifact => artifact(key, { kind: 'Session', grantKey: null, sessionKey })
  await store.put(session('s1', 'one'))
  await store.put(session('s2', 'two'))
  await store.put(session('s3', 'three'))
  await store.bind('p', 'one', 'app', later)
  await store.bind('p', 'three', 'app', later)
  await store.put(artifact('a', { sessionKey: 'one' }))
  await store.put(artifact('b', { sessionKey: 'two' }))
  await store.put(artifact('c', { sessionKey: 'three' }))
  await store.endSessions([], later)
  await store.endSessions(['one', 'two'], later)
  for (const key of ['s1', 's2', 'a', 'b']) t.equal(await store.find(key), null, key)
  t.equal(await store.findSession('one'), null)
  t.not(await store.findSession('three'), null)
  t.not(await store.find('c'), null)
  t.equal(await store.put(artifact('d', { sessionKey: 'one' })), false, 'a token that was on its way')
  t.equal(await store.put(session('s4', 'one')), false, 'nor does the session come back under another id')
  t.same(await store.boundTo('p', 'app'), ['three'])
  t.equal(await count(database, 'identity_artifacts'), 2)
})

rule('a session is found by its uid, under the id that it has now', async (t, engine) => {
  const { store } = await open(t, engine)
  const session = (key: string, expiresAt: number): StoredArtifact => artifact(key, { kind: 'Session', grantKey: null, sessionKey: 'uid', expiresAt })
  t.equal(await store.findSession('uid'), null)
  await store.put(artifact('token', { sessionKey: 'uid' }))
  t.equal(await store.findSession('uid'), null, 'a token is no session')
  await store.put(session('before', 10))
  await store.put(session('after', 11))
  t.equal((await store.findSession('uid'))!.sealed, 'sealed after')
  await store.end('before', later)
  t.equal((await store.findSession('uid'))!.sealed, 'sealed after')
  t.not(await store.find('token'), null, 'what was given in it lives on')
})

rule('all that a user has ends at once, in every project, and nothing of another user', async (t, engine) => {
  const { store, database } = await open(t, engine)
  await store.put(artifact('s', { kind: 'Session', grantKey: null, sessionKey: 'one' }))
  await store.put(artifact('g', { kind: 'Grant', grantKey: 'g', sessionKey: null, project: 'q' }))
  await store.put(artifact('i', { kind: 'Interaction', grantKey: null, sessionKey: null }))
  await store.put(artifact('a', { grantKey: 'g', sessionKey: 'two' }))
  await store.put(artifact('lone', { grantKey: 'elsewhere', sessionKey: null }))
  await store.put(artifact('bob', { accountId: 'bob', grantKey: 'g2', sessionKey: 'three' }))
  await store.endAccount('ann', later)
  await store.endAccount('nobody', later)
  for (const key of ['s', 'g', 'i', 'a']) {
    t.equal(await store.find(key), null, key)
    t.equal(await store.put(artifact(key, { grantKey: null, sessionKey: key === 's' ? 'one' : key === 'a' ? 'two' : null })), false, `${key} does not come back`)
  }
  t.equal(await store.put(artifact('b', { grantKey: 'g', sessionKey: null })), false, 'nor does anything of its grants')
  t.equal(await store.put(artifact('c', { grantKey: 'elsewhere', sessionKey: null })), false, 'also of one that is known by a token alone')
  t.not(await store.find('bob'), null)
  t.equal(await store.put(artifact('new', { grantKey: 'g3', sessionKey: 'four' })), true, 'who signs in again is in')
  t.equal(await count(database, 'identity_artifacts'), 2)
})

rule('sessions are known by whose they are, and by the session of the application', async (t, engine) => {
  const { store } = await open(t, engine)
  await store.put(artifact('s1', { kind: 'Session', sessionKey: 'b' }))
  await store.put(artifact('t1', { sessionKey: 'a' }))
  await store.put(artifact('t2', { sessionKey: 'a' }))
  await store.put(artifact('g', { sessionKey: null }))
  await store.put(artifact('x', { sessionKey: 'c', project: 'q' }))
  await store.put(artifact('y', { sessionKey: 'd', accountId: 'bob' }))
  t.same(await store.sessionsOf('p', 'ann'), ['a', 'b'], 'also where codes and tokens alone are left of one')
  t.same(await store.sessionsOf('p', 'nobody'), [])
  await store.bind('p', 'a', 'app1', later)
  await store.bind('p', 'b', 'app1', later)
  await store.bind('q', 'c', 'app1', later)
  t.same(await store.boundTo('p', 'app1'), ['a', 'b'])
  await store.bind('p', 'a', 'app2', later)
  t.same(await store.boundTo('p', 'app1'), ['b'])
  t.same(await store.boundTo('p', 'app2'), ['a'])
})

rule('what has expired goes, some at a time, and what is left stays', async (t, engine) => {
  const { store, database } = await open(t, engine)
  for (let index = 0; index < 6; index++) {
    await store.put(artifact(`a${index}`, { expiresAt: 10 + index, grantKey: null, sessionKey: null }))
    await store.end(`e${index}`, 10 + index)
    await store.bind('p', `s${index}`, 'app', 10 + index)
  }
  await store.sweep(15, 3)
  t.same((await Promise.all(['a0', 'a1', 'a2', 'a3'].map(async (key) => await store.find(key)))).map((found) => found !== null), [false, false, false, true])
  await store.sweep(15, 3)
  const left = await dump(database)
  t.match(left, { identity_artifacts: [{ key: 'a5' }], identity_ends: [{ key: 'e5' }], identity_sessions: [{ session_key: 's5' }] })
  t.same([left.identity_artifacts!.length, left.identity_ends!.length, left.identity_sessions!.length], [1, 1, 1])
})

rule('a sweep that cannot be done fails nobody', async (t, engine) => {
  const { store, database } = await open(t, engine)
  await database.close()
  await store.sweep(15, 3)
  await t.rejects(store.find('a'), { code: 'store_unavailable' })
})

for (const engine of engines) {
  t.test(`of four processes that use one code up, one does (${engine.name})`, async (t) => {
    const location = await engine.newSharedLocation(t)
    const store = createArtifactStore(await openTestDatabase(t, location))
    await store.put(artifact('code', { kind: 'AuthorizationCode' }))
    const outcomes = await race(new URL('identity-process.ts', import.meta.url), Array(4).fill([location, 'code']))
    t.same(outcomes.map(({ code }) => code), [0, 0, 0, 0], outcomes.map(({ errors }) => errors).join())
    t.equal(outcomes.map(({ output }) => Number(output)).reduce((sum, won) => sum + won, 0), 1, 'twenty tries each')
  })
}
