import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { takesLong } from '../patient.ts'
import { startPostgres } from '../postgres.ts'
import { startRedis } from '../redis.ts'
import { needsPostgres, needsRedis } from '../services.ts'
import { createClient } from './client.ts'
import { startExample } from './program.ts'

takesLong()

t.test('an application with a user table of its own: seats are counted before anybody is let in, and who leaves is gone', async (t) => {
  const folder = t.testdir()
  const [DATABASE, CUSTOMERS] = [join(folder, 'accounts.sqlite'), join(folder, 'customers.sqlite')]
  const example = await startExample('own-users.ts', { DATABASE, CUSTOMERS, SEATS: '2' })
  t.teardown(async () => await example.stop())
  const ada = createClient(example.baseUrl)
  await ada.signIn('ada')
  t.same(JSON.parse((await ada.get('/customer')).body), { name: 'Ada Lovelace', plan: 'trial' })
  await createClient(example.baseUrl).signIn('pat')

  const late = await createClient(example.baseUrl).signIn('grace')
  t.match({ status: late.status, body: JSON.parse(late.body) }, { status: 403, body: { code: 'no_seats', message: 'All seats of this plan are taken. Ask your administrator for one.' } })
  const users = (file: string, table: string): number => new DatabaseSync(file).prepare(`select count(*) as many from ${table}`).get()!.many as number
  t.same([users(DATABASE, 'users'), users(CUSTOMERS, 'customers')], [2, 2], 'who was refused left no trace')
  await ada.signIn('ada')

  t.equal((await ada.delete('/customer')).status, 204)
  t.same([users(DATABASE, 'users'), users(CUSTOMERS, 'customers')], [1, 1])
  t.equal((await ada.get('/customer')).status, 401, 'signed out with it')
  t.equal((await createClient(example.baseUrl).signIn('grace')).status, 200, 'a seat is free')
})

t.test('the example with PostgreSQL and Redis: somebody signs in, and is still there after a restart', { skip: needsPostgres().skip || needsRedis().skip }, async (t) => {
  const redis = await startRedis(t)
  const environment = { DATABASE_URL: await (await startPostgres(t)).createDatabase('empty'), REDIS_URL: redis.url, SECRETS: 'example-secret-of-32-characters-or-more' }
  const example = await startExample('postgres-redis.ts', environment)
  t.teardown(async () => await example.stop())
  const ada = createClient(example.baseUrl)
  await ada.signIn('ada')
  t.match(JSON.parse((await ada.get('/me')).body), { displayName: 'Ada Lovelace' })
  await example.stop()
  const again = await startExample('postgres-redis.ts', { ...environment, PORT: new URL(example.baseUrl).port })
  t.teardown(async () => await again.stop())
  t.match(JSON.parse((await ada.get('/me')).body), { displayName: 'Ada Lovelace' })
  const tries = await Promise.all(Array.from({ length: 40 }, async () => (await createClient(again.baseUrl).get('/auth/microsoft/login')).status))
  t.ok(tries.includes(429), 'rateLimit: true')
})
