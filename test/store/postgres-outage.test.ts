import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import type { Database } from '../../src/store/open.ts'
import { startPostgres, type PostgresServer } from '../postgres.ts'
import { until } from '../redis.ts'
import { needsPostgres } from '../services.ts'
import { takesLong } from '../patient.ts'
import { dump, openTestDatabase, temporaryFolder } from './database.ts'

takesLong()

const unavailable = (reason: RegExp) => ({ code: 'store_unavailable', statusCode: 503, detail: { reason } })
const user = (id: string) => ({ id, display_name: null, created_at: 1, disabled_at: null })
const addUser = async (database: Database, id: string) => await database.transaction(async (db) => await db.insertInto('users').values(user(id)).execute())
const userIds = async (database: Database) => (await dump(database)).users!.map((row) => (row as { id: string }).id)
const sleep = async (database: Database, seconds: number) => await database.run(async (db) => await sql`select pg_sleep(${seconds})`.execute(db))
const nameOf = (location: string) => new URL(location).pathname.slice(1)

/** A way to the server that can be held up. */
async function openNetwork (t: Test, server: PostgresServer, location: string): Promise<{ location: string, freeze: () => void, thaw: () => void }> {
  const folder = temporaryFolder(t)
  const sockets: Socket[] = []
  let isFrozen = false
  const network = createServer((near) => {
    const far = connect(join(server.folder, '.s.PGSQL.5432'))
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.push(from)
      from.on('data', (data) => { if (!isFrozen) to.write(data) })
      from.on('error', () => {}).on('close', () => to.destroy())
    }
  }).listen(join(folder, '.s.PGSQL.5432'))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    network.close()
  })
  return { location: location.replace(encodeURIComponent(server.folder), encodeURIComponent(folder)), freeze: () => { isFrozen = true }, thaw: () => { isFrozen = false } }
}

t.test('outages', needsPostgres(), async (t) => {
  const server = await startPostgres(t)

  t.test('a server that is gone is store_unavailable at once, and when it is back all goes on by itself', async (t) => {
    const database = await openTestDatabase(t, await server.createDatabase())
    await addUser(database, 'u1')
    const between = database.transaction(async (db) => {
      await db.insertInto('users').values(user('half')).execute()
      await server.stop()
      await db.insertInto('users').values(user('done')).execute()
    })
    await t.rejects(between, unavailable(/^(?:crash_shutdown|admin_shutdown|connection_lost|ECONNRESET|EPIPE)$/))
    for (let round = 0; round < 3; round++) {
      await t.rejects(addUser(database, 'u2'), unavailable(/^(?:ENOENT|ECONNREFUSED|connection_lost)$/))
      await t.rejects(sleep(database, 0), unavailable(/^(?:ENOENT|ECONNREFUSED|connection_lost)$/))
    }
    await server.start()
    await addUser(database, 'u3')
    t.same(await userIds(database), ['u1', 'u3'], 'what was acknowledged is there, and nothing else')
  })

  t.test('connections that die while nobody uses them end no process, and are not used again', async (t) => {
    const location = await server.createDatabase()
    const database = await openTestDatabase(t, location)
    await Promise.all(Array.from({ length: 5 }, async () => await sleep(database, 0.05)))
    const killed = await server.query(`select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '${nameOf(location)}'`)
    t.ok(killed.length > 1, `${killed.length} connections were ended`)
    // Until the news has come, a connection may be taken that is none any more: that is an outage like any other.
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, async () => await sleep(database, 0)))
    for (const outcome of outcomes) if (outcome.status === 'rejected') t.match(outcome.reason, unavailable(/./))
    await addUser(database, 'u1')
    t.same(await userIds(database), ['u1'])
  })

  t.test('a connection that dies between two statements of a transaction is an outage, and nothing is kept', async (t) => {
    const location = await server.createDatabase()
    const database = await openTestDatabase(t, location)
    await t.rejects(database.transaction(async (db) => {
      await db.insertInto('users').values(user('u1')).execute()
      await server.query(`select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '${nameOf(location)}'`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }), unavailable(/./))
    t.same(await userIds(database), [])
  })

  t.test('a server that has stopped answering is noticed, and closing does not wait for it', async (t) => {
    const { location, freeze, thaw } = await openNetwork(t, server, await server.createDatabase())
    const database = await openTestDatabase(t, `${location}&statement_timeout=1000`, 3_000)
    await addUser(database, 'u1')
    freeze()
    await t.rejects(addUser(database, 'u2'), unavailable(/^timeout$/))
    await t.rejects(addUser(database, 'u2'), unavailable(/^timeout$/), 'a new connection does not come either')
    thaw()
    await addUser(database, 'u3')
    t.same(await userIds(database), ['u1', 'u3'])
    freeze()
    await database.close()
  })

  t.test('a statement that takes too long is given up, and its connection stays', async (t) => {
    const database = await openTestDatabase(t, `${await server.createDatabase()}&statement_timeout=1000&pool_max=1`)
    const pid = async () => await database.run(async (db) => (await sql`select pg_backend_pid() as pid`.execute(db)).rows)
    const before = await pid()
    await t.rejects(sleep(database, 30), unavailable(/^query_canceled$/))
    t.same(await pid(), before)
  })

  t.test('whoever waits too long for a lock is told so', async (t) => {
    const database = await openTestDatabase(t, `${await server.createDatabase()}&lock_timeout=50`)
    await addUser(database, 'u1')
    await database.transaction(async (db) => {
      await db.updateTable('users').set({ disabled_at: 1 }).execute()
      await t.rejects(database.transaction(async (other) => await other.updateTable('users').set({ disabled_at: 2 }).execute()), unavailable(/^lock_not_available$/))
    })
    t.match((await dump(database)).users, [{ disabled_at: 1 }])
  })

  t.test('a transaction that does nothing for too long is ended by the server', async (t) => {
    const database = await openTestDatabase(t, `${await server.createDatabase()}&idle_in_transaction_session_timeout=50`)
    await t.rejects(database.transaction(async (db) => {
      await db.insertInto('users').values(user('u1')).execute()
      await server.query('select pg_sleep(1)')
      await db.insertInto('users').values(user('u2')).execute()
    }), unavailable(/^(?:idle_in_transaction_session_timeout|connection_lost|ECONNRESET|EPIPE)$/))
    t.same(await userIds(database), [])
  })

  t.test('whoever waits too long for a connection is told so', async (t) => {
    const database = await openTestDatabase(t, `${await server.createDatabase()}&pool_max=1&statement_timeout=60000`, 2_000)
    await database.transaction(async () => {
      await t.rejects(sleep(database, 0), unavailable(/^timeout$/))
    })
    await sleep(database, 0)
  })

  t.test('a server that takes no more connections is an outage', async (t) => {
    const location = await server.createDatabase()
    await server.query('create role few login connection limit 3')
    await server.query('grant all on all tables in schema public to few', nameOf(location))
    const few = location.replace('postgres@', 'few@')
    const [first, second] = [await openTestDatabase(t, `${few}&pool_max=3`), await openTestDatabase(t, few)]
    await Promise.all([1, 2, 3].map(async () => await sleep(first, 0.3)))
    await t.rejects(sleep(second, 0), unavailable(/^too_many_connections$/))
    await first.close()
    await until(async () => (await server.query("select pid from pg_stat_activity where usename = 'few'")).length === 0)
    await sleep(second, 0)
  })

  t.test('a failure that a transaction did not notice keeps nothing of it', async (t) => {
    const database = await openTestDatabase(t, await server.createDatabase())
    await t.rejects(database.transaction(async (db) => {
      await db.insertInto('users').values(user('u1')).execute()
      await sql`select nonsense`.execute(db).catch(() => {})
    }), unavailable(/^transaction_aborted$/))
    t.same(await userIds(database), [])
  })
})

t.test('races', needsPostgres(), async (t) => {
  const server = await startPostgres(t)

  t.test('two transactions that wait for each other are both done, one after the other', async (t) => {
    const location = await server.createDatabase()
    const servers = [await openTestDatabase(t, location), await openTestDatabase(t, location)]
    for (const id of ['u1', 'u2']) await addUser(servers[0]!, id)
    const runs = [0, 0]
    let met = (): void => {}
    const bothWrote = new Promise<void>((resolve) => { met = resolve })
    await Promise.all(servers.map(async (database, index) => await database.transaction(async (db) => {
      const isFirst = ++runs[index]! === 1
      const [mine, other] = index === 0 ? ['u1', 'u2'] : ['u2', 'u1']
      const mark = async (id: string) => await db.updateTable('users').set(({ eb }) => ({ created_at: eb('created_at', '+', 1) })).where('id', '=', id).execute()
      await mark(mine!)
      if (index === 1) met()
      if (isFirst) await bothWrote
      await mark(other!)
    })))
    t.match((await dump(servers[0]!)).users, [{ created_at: 3 }, { created_at: 3 }])
    t.equal(runs[0]! + runs[1]!, 3, 'one of them was run again')
  })

  t.test('what a transaction has read still holds when it is committed', async (t) => {
    const location = await server.createDatabase()
    const servers = [await openTestDatabase(t, location), await openTestDatabase(t, location)]
    // Each adds itself unless somebody is there: without an order between them, all would.
    const outcomes = await Promise.all(Array.from({ length: 20 }, async (_, index) => await servers[index % 2]!.transaction(async (db) => {
      const there = await db.selectFrom('users').select('id').where('id', '>', '').execute()
      await new Promise(setImmediate)
      if (there.length === 0) await db.insertInto('users').values(user(`u${index}`)).execute()
      return there.length === 0
    })))
    t.equal(outcomes.filter(Boolean).length, 1)
    t.equal((await userIds(servers[0]!)).length, 1)
  })

  t.test('a statement outside of a transaction that met another one is run again', async (t) => {
    const database = await openTestDatabase(t, await server.createDatabase())
    let runs = 0
    const answer = await database.run(async (db) => {
      if (++runs === 1) await sql`do $$ begin raise sqlstate '40P01'; end $$`.execute(db)
      return runs
    })
    t.equal(answer, 2)
  })
})
