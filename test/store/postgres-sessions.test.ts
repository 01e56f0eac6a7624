import t from 'tap'
import { createSessionStore } from '../../src/store/sessions.ts'
import { sharedPostgres, startPostgres } from '../postgres.ts'
import { needsPostgres } from '../services.ts'
import { openTestDatabase } from './database.ts'
import { databasePlace } from './database-sessions.ts'
import { sessionRecord, testSessionContract } from './session-contract.ts'
import { until } from '../redis.ts'

testSessionContract('PostgreSQL', needsPostgres(), async (t) => {
  const { createDatabase } = await sharedPostgres()
  return databasePlace(await openTestDatabase(t, await createDatabase()))
})

t.test('a PostgreSQL that is stopped is store_unavailable, and its sessions are there again by themselves', needsPostgres(), async (t) => {
  const server = await startPostgres(t)
  const store = createSessionStore(await openTestDatabase(t, await server.createDatabase()))
  await store.create('k1', sessionRecord, 99_000)
  await server.stop()
  await t.rejects(store.find('k1'), { code: 'store_unavailable' })
  await t.rejects(store.create('k2', sessionRecord, 99_000), { code: 'store_unavailable' })
  await server.start()
  await until(async () => await store.find('k1').then((found) => found !== null, () => false))
  t.same(await store.find('k1'), sessionRecord)
})
