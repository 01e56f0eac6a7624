import t from 'tap'
import { createSessions, sessionKeyOf } from '../../src/session/sessions.ts'
import { handleOf } from '../../src/session/handle.ts'
import type { SessionUser } from '../../src/session/types.ts'
import { openRedis } from '../../src/store/redis.ts'
import { createRedisSessionStore } from '../../src/store/redis-sessions.ts'
import { startRedis } from '../redis.ts'
import { needsRedis } from '../services.ts'

const ada: SessionUser = { id: 'ada', displayName: 'Ada', email: null, identity: { tid: 't', oid: 'o' }, roles: [] }
const limits = { idleTimeout: 43_200_000, absoluteTimeout: 604_800_000, sessionCache: 0, maxSessionsPerUser: 2 }

t.test('on Redis, too, sign-ins that come at once at two servers end with the limit, and a handle ends one session', needsRedis(), async (t) => {
  const server = await startRedis(t)
  const connect = async () => {
    const redis = await openRedis({ url: server.url, prefix: 'test:', onLost: () => {}, onBack: () => {} })
    t.teardown(() => redis.close())
    return createSessions(createRedisSessionStore(redis, limits.absoluteTimeout), limits, { now: Date.now })
  }
  const [one, two] = [await connect(), await connect()]
  const ids = Array.from({ length: 20 }, (_, index) => `id${index}`)
  await Promise.all(ids.map(async (id, index) => await (index % 2 === 0 ? one : two).begin(id, ada, async () => true)))
  t.equal((await one.listOf('ada')).length, 2, 'S13')
  await one.begin('new', ada, async () => true)
  t.match(await two.find('new'), { user: ada })
  t.equal(await two.endOf('bob', handleOf(sessionKeyOf('new'))), false)
  t.equal(await two.endOf('ada', handleOf(sessionKeyOf('new'))), true)
  t.equal(await one.find('new'), null)
})
