import t, { type Test } from 'tap'
import { createSeal } from '../../src/core/seal.ts'
import { deriveKeys } from '../../src/core/secrets.ts'
import { type ArtifactSettings, createArtifacts } from '../../src/identity/artifacts.ts'
import { sidOf } from '../../src/identity/sid.ts'
import type { ArtifactAdapter, ArtifactKind, Artifacts } from '../../src/identity/types.ts'
import { createArtifactStore } from '../../src/store/identity-artifacts.ts'
import type { Database } from '../../src/store/open.ts'
import { count, dump, openTestDatabase } from '../store/database.ts'

const secrets = ['an artifact test secret of some length']
const day = 86_400_000

class Lost extends Error {
  readonly kind: ArtifactKind
  constructor (kind: ArtifactKind) {
    super(kind)
    this.kind = kind
  }
}

interface World {
  readonly clock: { now: number }
  readonly database: Database
  readonly artifacts: Artifacts
  readonly adapter: (kind: ArtifactKind) => ArtifactAdapter
  /** The same store with other settings, as another project or server has it. */
  readonly other: (changes: Partial<ArtifactSettings>) => Artifacts
}

async function world (t: Test): Promise<World> {
  const clock = { now: 1_000_000_000_000 }
  const database = await openTestDatabase(t)
  const settings: ArtifactSettings = {
    store: createArtifactStore(database),
    project: { name: 'identity', simulated: false },
    seal: createSeal(deriveKeys(secrets, 'identity-artifact')),
    environment: { now: () => clock.now },
    longestLife: 14 * day,
    reuseGrace: 10_000,
    lost: (kind) => new Lost(kind)
  }
  const artifacts = createArtifacts(settings)
  return { clock, database, artifacts, adapter: artifacts.adapter, other: (changes) => createArtifacts({ ...settings, ...changes }) }
}

const tokenOf = (jti: string, changes: Record<string, unknown> = {}): Record<string, unknown> =>
  ({ jti, kind: 'RefreshToken', grantId: 'the-grant', sessionUid: 'the-uid', accountId: 'ann', clientId: 'shop', ...changes })

const grantOf = (jti: string, changes: Record<string, unknown> = {}): Record<string, unknown> =>
  ({ jti, kind: 'Grant', sessionUid: 'the-uid', accountId: 'ann', clientId: 'shop', ...changes })

t.test('what was written is found, by its kind and id', async (t) => {
  const { adapter } = await world(t)
  const tokens = adapter('RefreshToken')
  t.equal(await tokens.find('abc'), undefined)
  await tokens.upsert('abc', tokenOf('abc', { scope: 'openid', claims: undefined }), 60)
  t.same(await tokens.find('abc'), tokenOf('abc', { scope: 'openid' }))
  t.equal(await adapter('AccessToken').find('abc'), undefined)
  t.equal(await tokens.findByUserCode('abc'), undefined)
  await tokens.upsert('abc', tokenOf('abc', { scope: 'openid email' }), 60)
  t.match(await tokens.find('abc'), { scope: 'openid email' })
})

t.test('nothing in the tables can be used: ids are hashes, the rest is sealed (X03)', async (t) => {
  const { adapter, artifacts, database } = await world(t)
  await adapter('RefreshToken').upsert('the-refresh-token', tokenOf('the-refresh-token'), 60)
  await adapter('Session').upsert('the-session-id', { jti: 'the-session-id', uid: 'the-uid', accountId: 'ann' }, 60)
  await adapter('Grant').upsert('the-grant', { jti: 'the-grant', accountId: 'ann', clientId: 'shop', openid: { scope: 'openid' } }, 60)
  await artifacts.bind('the-uid', 'app')
  const stored = JSON.stringify(await dump(database))
  for (const secret of ['the-refresh-token', 'the-session-id', 'the-uid', 'the-grant', 'shop', 'openid']) t.notMatch(stored, secret)
  t.match(stored, '"ann"', 'but for whose it is')
})

t.test('two projects, and the two worlds, see nothing of each other, even with the same secrets', async (t) => {
  const { adapter, other } = await world(t)
  await adapter('RefreshToken').upsert('abc', tokenOf('abc'), 60)
  await adapter('Session').upsert('s', { jti: 's', uid: 'u' }, 60)
  for (const project of [{ name: 'another', simulated: false }, { name: 'identity', simulated: true }]) {
    t.equal(await other({ project }).adapter('RefreshToken').find('abc'), undefined)
    t.equal(await other({ project }).adapter('Session').findByUid('u'), undefined)
  }
  t.not(await other({}).adapter('RefreshToken').find('abc'), undefined)
})

t.test('what was sealed with an older secret is found, and with another one it is not', async (t) => {
  const { adapter, other } = await world(t)
  await adapter('RefreshToken').upsert('abc', tokenOf('abc'), 60)
  const sealOf = (...secrets: string[]) => createSeal(deriveKeys(secrets, 'identity-artifact'))
  t.match(await other({ seal: sealOf('a newer secret that is long enough', ...secrets) }).adapter('RefreshToken').find('abc'), { jti: 'abc' })
  t.equal(await other({ seal: sealOf('another secret that is long enough') }).adapter('RefreshToken').find('abc'), undefined)
  t.equal(await other({ seal: createSeal(deriveKeys(secrets, 'attempt')) }).adapter('RefreshToken').find('abc'), undefined)
})

t.test('rows that were exchanged by hand serve nobody', async (t) => {
  const { adapter, database } = await world(t)
  await adapter('RefreshToken').upsert('mine', tokenOf('mine'), 60)
  await adapter('RefreshToken').upsert('hers', tokenOf('hers', { accountId: 'eve' }), 60)
  await adapter('AccessToken').upsert('hers', tokenOf('hers'), 60)
  await adapter('Session').upsert('s1', { jti: 's1', uid: 'u1' }, 60)
  await adapter('Session').upsert('s2', { jti: 's2', uid: 'u2' }, 60)
  const rows = (await dump(database)).identity_artifacts as Array<{ key: string, sealed: string, account_id: string | null, kind: string, session_key: string }>
  const put = async (key: string, sealed: string): Promise<unknown> => await database.run((db) => db.updateTable('identity_artifacts').set({ sealed }).where('key', '=', key).execute())
  const [mine, hers] = ['ann', 'eve'].map((account) => rows.find((row) => row.account_id === account && row.kind === 'RefreshToken')!)
  await put(mine!.key, hers!.sealed)
  t.equal(await adapter('RefreshToken').find('mine'), undefined)
  t.match(await adapter('RefreshToken').find('hers'), { accountId: 'eve' })
  await put(hers!.key, rows.find(({ kind }) => kind === 'AccessToken')!.sealed)
  t.equal(await adapter('RefreshToken').find('hers'), undefined)
  const [one, two] = rows.filter(({ kind }) => kind === 'Session')
  await put(one!.key, two!.sealed)
  await put(two!.key, one!.sealed)
  t.equal(await adapter('Session').findByUid('u1'), undefined)
  t.equal(await adapter('Session').findByUid('u2'), undefined)
  await put(one!.key, one!.sealed)
  await put(two!.key, two!.sealed)
  t.match(await adapter('Session').findByUid('u1'), { jti: 's1' })
})

t.test('of twenty who redeem one code, one does (P06)', async (t) => {
  const { adapter } = await world(t)
  const codes = adapter('AuthorizationCode')
  await codes.upsert('code', tokenOf('code'), 60)
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, async () => await codes.consume('code')))
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const outcome of outcomes) if (outcome.status === 'rejected') t.same([outcome.reason instanceof Lost, outcome.reason.kind], [true, 'AuthorizationCode'])
  t.match(await codes.find('code'), { jti: 'code', consumed: 1_000_000_000 }, 'the second use of a code is one at once')
})

t.test('a refresh token that is used twice at once lives, and later its family dies (P11)', async (t) => {
  const { adapter, clock, other } = await world(t)
  const tokens = adapter('RefreshToken')
  await tokens.upsert('one', tokenOf('one'), 60)
  await tokens.consume('one')
  clock.now += 9_999
  t.equal((await tokens.find('one'))!.consumed, undefined, 'within the grace it looks unused …')
  await t.rejects(tokens.consume('one'), { message: 'RefreshToken' }, '… and is not')
  t.match(await other({ reuseGrace: 0 }).adapter('RefreshToken').find('one'), { consumed: 1_000_000_000 })
  clock.now += 1
  t.match(await tokens.find('one'), { consumed: 1_000_000_000 }, 'what the provider ends the family by')
})

t.test('a payload cannot say that it is used up, or that it is not', async (t) => {
  const { adapter } = await world(t)
  const codes = adapter('AuthorizationCode')
  await codes.upsert('code', tokenOf('code', { consumed: 5 }), 60)
  t.equal((await codes.find('code'))!.consumed, undefined)
  await codes.consume('code')
  await codes.upsert('code', tokenOf('code'), 60)
  t.not((await codes.find('code'))!.consumed, undefined)
})

t.test('a family ends at once, and what was on its way to it is dead', async (t) => {
  const { adapter, database } = await world(t)
  await adapter('Grant').upsert('the-grant', { jti: 'the-grant', accountId: 'ann' }, 60)
  await adapter('RefreshToken').upsert('one', tokenOf('one'), 60)
  await adapter('AccessToken').upsert('two', tokenOf('two'), 60)
  await adapter('RefreshToken').upsert('apart', tokenOf('apart', { grantId: 'another' }), 60)
  await adapter('Interaction').upsert('asked', { jti: 'asked', grantId: 'the-grant' }, 60)
  await adapter('AccessToken').revokeByGrantId('the-grant')
  await adapter('RefreshToken').upsert('three', tokenOf('three'), 60)
  t.equal(await adapter('Grant').find('the-grant'), undefined)
  for (const id of ['one', 'three']) t.equal(await adapter('RefreshToken').find(id), undefined, id)
  t.equal(await adapter('AccessToken').find('two'), undefined)
  t.not(await adapter('RefreshToken').find('apart'), undefined)
  t.not(await adapter('Interaction').find('asked'), undefined, 'a question about a grant is no part of it')
  t.equal(await count(database, 'identity_artifacts'), 2)
})

t.test('what was destroyed does not come back with a request under way; a grant takes its tokens along', async (t) => {
  const { adapter, database, clock } = await world(t)
  await adapter('Session').upsert('s', { jti: 's', uid: 'u', accountId: 'ann' }, 60)
  await adapter('Session').destroy('s')
  await adapter('Session').upsert('s', { jti: 's', uid: 'u', accountId: 'ann' }, 60)
  t.equal(await adapter('Session').find('s'), undefined)
  t.equal(await adapter('Session').findByUid('u'), undefined)
  await adapter('Session').upsert('s2', { jti: 's2', uid: 'u', accountId: 'ann' }, 60)
  t.match(await adapter('Session').findByUid('u'), { jti: 's2' }, 'under another id it goes on')
  await adapter('RefreshToken').upsert('one', tokenOf('one'), 60)
  await adapter('Grant').destroy('the-grant')
  t.equal(await adapter('RefreshToken').find('one'), undefined)
  const ends = (await dump(database)).identity_ends as Array<{ expires_at: number }>
  t.same(ends.map(({ expires_at: at }) => at - clock.now).sort((a, b) => a - b), [3_600_000, 14 * day], 'remembered for as long as anything of it may come')
})

t.test('of an assertion that is sent twice, also at once, one is taken', async (t) => {
  const { adapter } = await world(t)
  const seen = adapter('ReplayDetection')
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, async () => await seen.upsert('jti', { jti: 'jti', iss: 'shop' }, 60)))
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  await t.rejects(seen.upsert('jti', { jti: 'jti', iss: 'shop' }, 60), { message: 'ReplayDetection' })
  t.match(await seen.find('jti'), { iss: 'shop' })
})

t.test('the sessions of an application\'s session end with it, and the apps to tell are known', async (t) => {
  const { adapter, artifacts } = await world(t)
  await adapter('Session').upsert('s', { jti: 's', uid: 'the-uid', accountId: 'ann' }, 60)
  for (const [jti, clientId] of [['g1', 'shop'], ['g2', 'wiki'], ['g3', 'shop']]) await adapter('Grant').upsert(jti!, grantOf(jti!, { clientId }), 60)
  await adapter('Session').upsert('s2', { jti: 's2', uid: 'other-uid', accountId: 'ann' }, 60)
  await adapter('RefreshToken').upsert('one', tokenOf('one'), 60)
  await adapter('RefreshToken').upsert('two', tokenOf('two', { sessionUid: 'other-uid' }), 60)
  await artifacts.bind('the-uid', 'app-1')
  await artifacts.bind('other-uid', 'app-2')
  t.same(await artifacts.endSession('unknown'), [])
  const told = await artifacts.endSession('app-1')
  t.equal(told.length, 1)
  t.equal(told[0]!.accountId, 'ann')
  t.same([...told[0]!.clients].sort((a, b) => a.clientId.localeCompare(b.clientId)), [{ clientId: 'shop', sid: sidOf('the-uid', 'shop') }, { clientId: 'wiki', sid: sidOf('the-uid', 'wiki') }], 'each app once')
  t.equal(await adapter('Grant').find('g1'), undefined)
  t.equal(await adapter('Session').find('s'), undefined)
  t.equal(await adapter('RefreshToken').find('one'), undefined)
  await adapter('RefreshToken').upsert('three', tokenOf('three'), 60)
  t.equal(await adapter('RefreshToken').find('three'), undefined, 'nor what was on its way')
  t.not(await adapter('RefreshToken').find('two'), undefined)
  t.same(await artifacts.endSession('app-1'), [], 'told once')
  t.same(await artifacts.endSession('app-2'), [], 'nobody is told where no app was signed in to')
})

t.test('all sessions of a user but one end', async (t) => {
  const { adapter, artifacts } = await world(t)
  for (const uid of ['u1', 'u2']) {
    await adapter('Session').upsert(uid, { jti: uid, uid, accountId: 'ann' }, 60)
    await adapter('RefreshToken').upsert(`token-${uid}`, tokenOf(`token-${uid}`, { sessionUid: uid }), 60)
    await artifacts.bind(uid, `app-${uid}`)
  }
  await adapter('RefreshToken').upsert('alone', tokenOf('alone', { sessionUid: 'long-gone' }), 60)
  await adapter('Grant').upsert('the-grant', { jti: 'the-grant', accountId: 'ann' }, 60)
  await artifacts.endOtherSessions('ann', 'app-u2')
  t.equal(await adapter('Session').find('u1'), undefined)
  t.equal(await adapter('RefreshToken').find('token-u1'), undefined)
  t.equal(await adapter('RefreshToken').find('alone'), undefined, 'also what is left of a session that has expired')
  t.not(await adapter('Session').find('u2'), undefined)
  t.not(await adapter('RefreshToken').find('token-u2'), undefined)
  t.not(await adapter('Grant').find('the-grant'), undefined)
})

t.test('all sessions of a user end, in this project', async (t) => {
  const { adapter, artifacts, other } = await world(t)
  const another = other({ project: { name: 'another', simulated: false } })
  for (const { adapter: of } of [artifacts, another]) await of('Grant').upsert('g', grantOf('g', { sessionUid: 'u' }), 60)
  t.same(await artifacts.endOtherSessions('ann', null), [{ accountId: 'ann', clients: [{ clientId: 'shop', sid: sidOf('u', 'shop') }] }])
  t.equal(await adapter('Grant').find('g'), undefined)
  t.same((await another.endOtherSessions('ann', null)).length, 1, 'the other project tells its own')
})

t.test('the session that belongs to one of the application is found, and moves on with the same user', async (t) => {
  const { adapter, artifacts } = await world(t)
  t.equal(await artifacts.sessionOf('app-1'), undefined)
  await artifacts.bind('u', 'app-1')
  t.equal(await artifacts.sessionOf('app-1'), undefined, 'bound, and not written yet')
  await adapter('Session').upsert('s', { jti: 's', uid: 'u', accountId: 'ann' }, 60)
  await adapter('Grant').upsert('g', grantOf('g', { sessionUid: 'u' }), 60)
  t.match(await artifacts.sessionOf('app-1'), { uid: 'u', accountId: 'ann' })
  t.same(await artifacts.replaceSession('app-1', 'app-2', 'ann'), [])
  t.equal(await artifacts.sessionOf('app-1'), undefined)
  t.match(await artifacts.sessionOf('app-2'), { uid: 'u' })
  t.same(await artifacts.replaceSession('app-2', 'app-3', 'bob'), [{ accountId: 'ann', clients: [{ clientId: 'shop', sid: sidOf('u', 'shop') }] }], 'somebody else ends it')
  t.equal(await artifacts.sessionOf('app-3'), undefined)
  t.equal(await adapter('Grant').find('g'), undefined)
})

t.test('what one app was let have ends, and nothing else', async (t) => {
  const { adapter, artifacts } = await world(t)
  await adapter('Grant').upsert('g1', grantOf('g1'), 60)
  await adapter('Grant').upsert('g2', grantOf('g2', { clientId: 'wiki' }), 60)
  await adapter('RefreshToken').upsert('one', tokenOf('one', { grantId: 'g1' }), 60)
  await adapter('RefreshToken').upsert('two', tokenOf('two', { grantId: 'g2', clientId: 'wiki' }), 60)
  await artifacts.endApp('ann', 'shop')
  t.equal(await adapter('RefreshToken').find('one'), undefined)
  t.not(await adapter('RefreshToken').find('two'), undefined)
  t.same([await adapter('Grant').find('g1') === undefined, await adapter('Grant').find('g2') === undefined], [true, false])
})

t.test('all that a user has ends: disabled, deleted, signed out everywhere', async (t) => {
  const { adapter, artifacts, other } = await world(t)
  const another = other({ project: { name: 'another', simulated: false } }).adapter
  await adapter('Session').upsert('s', { jti: 's', uid: 'u', accountId: 'ann' }, 60)
  await adapter('Interaction').upsert('i1', { jti: 'i1', session: { accountId: 'ann' } }, 60)
  await adapter('Interaction').upsert('i2', { jti: 'i2', result: { login: { accountId: 'ann' } } }, 60)
  await adapter('Interaction').upsert('i3', { jti: 'i3', session: { accountId: 5 } }, 60)
  await adapter('RefreshToken').upsert('one', tokenOf('one'), 60)
  await another('RefreshToken').upsert('two', tokenOf('two'), 60)
  await adapter('RefreshToken').upsert('bob', tokenOf('bob', { accountId: 'bob', grantId: 'g', sessionUid: 'u2' }), 60)
  await artifacts.endAccount('ann')
  t.equal(await adapter('Session').find('s'), undefined)
  for (const id of ['i1', 'i2']) t.equal(await adapter('Interaction').find(id), undefined, id)
  t.equal(await adapter('RefreshToken').find('one'), undefined)
  t.equal(await another('RefreshToken').find('two'), undefined, 'in every project')
  t.not(await adapter('RefreshToken').find('bob'), undefined)
  t.not(await adapter('Interaction').find('i3'), undefined)
})

t.test('expired rows go with the tokens that are given', async (t) => {
  const { adapter, database, clock } = await world(t)
  for (let index = 0; index < 60; index++) await adapter('RefreshToken').upsert(`old-${index}`, tokenOf(`old-${index}`), 60)
  clock.now += 60_001
  await adapter('RefreshToken').upsert('new', tokenOf('new'), 60)
  t.equal(await count(database, 'identity_artifacts'), 61)
  await adapter('AccessToken').upsert('new', tokenOf('new'), 60)
  t.equal(await count(database, 'identity_artifacts'), 12, 'fifty at once')
})

t.test('what has no end is not kept', async (t) => {
  const { adapter, database } = await world(t)
  for (const expiresIn of [NaN, Infinity, undefined]) {
    await t.rejects(adapter('Session').upsert('s', { jti: 's' }, expiresIn as number), { code: 'server_error', detail: { reason: 'artifact_without_end' } })
  }
  t.equal(await count(database, 'identity_artifacts'), 0)
})
