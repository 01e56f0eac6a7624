import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { sql } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { openDatabase } from '../../src/store/open.ts'
import { loadPg } from '../../src/store/postgres-pool.ts'
import { reservePort } from '../ports.ts'
import { type PostgresServer, sharedPostgres, startPostgres } from '../postgres.ts'
import { until } from '../redis.ts'
import { needsPostgres } from '../services.ts'
import { takesLong } from '../patient.ts'
import { dump, openTestDatabase, temporaryFolder } from './database.ts'

takesLong()

const now = { code: 'FST_ENTRA_CONFIGURATION' }

/** The complaint about a location that cannot be opened; it never shows the password. */
async function complaint (t: Test, location: string, patience = 60_000): Promise<string> {
  const error = await openDatabase(location, { patience }).then(() => null, (error: Error) => error)
  t.match(error, now)
  t.notMatch(inspect(error, { depth: 9, showHidden: true }), /hush/)
  return error?.message ?? ''
}

t.test('where the package pg is missing, the message says how to install it', async (t) => {
  const missing = async () => { throw Object.assign(new Error('Cannot find package pg'), { code: 'ERR_MODULE_NOT_FOUND' }) }
  await t.rejects(loadPg(missing), { ...now, message: 'fastify-entra: option "database" is the URL of a PostgreSQL database, and the package pg is not installed. Install it: npm install pg' })
  await t.rejects(loadPg(async () => { throw new TypeError('broken') }), { name: 'TypeError' })
  t.equal((await loadPg()).Pool, pg.Pool)
})

t.test('a server that is not there is a mistake in the option, without the password', async (t) => {
  t.match(await complaint(t, `postgres://me:hush@localhost/app?host=${temporaryFolder(t)}`), /"\/.*:5432\/app" cannot be reached \(ENOENT\)\. Check host, port and sslmode in the URL, and that the server runs\.$/)
  t.match(await complaint(t, `postgres://me:hush@127.0.0.1:${await reservePort()}/app`), /cannot be reached \(ECONNREFUSED\)/)

  const folder = temporaryFolder(t)
  const silent = createServer((socket) => { socket.resume() }).listen(join(folder, '.s.PGSQL.5432'))
  t.match(await complaint(t, `postgres://me:hush@localhost/app?host=${folder}`, 2_000), /cannot be reached \(timeout\)/)
  silent.close()
})

t.test('PostgreSQL', needsPostgres(), async (t) => {
  const server = await sharedPostgres()
  const as = (user: string, location: string) => location.replace('postgres@', `${user}@`)
  const nameOf = (location: string) => new URL(location).pathname.slice(1)

  t.test('what cannot be used is named with its remedy', async (t) => {
    const location = await server.createDatabase('empty')
    t.match(await complaint(t, as('nobody:hush', location)), /cannot be used \(invalid_authorization_specification: role "nobody" does not exist\)\. Check user and password/)
    t.match(await complaint(t, location.replace(nameOf(location), 'missing')), /\(invalid_catalog_name: database "missing" does not exist\)\. Make it \(createdb\)/)
    await server.query('create role reader login')
    t.match(await complaint(t, as('reader:hush', location)), /\(insufficient_privilege: permission denied for schema public\)\. Let the user make tables/)
    await server.query('alter role reader set search_path = nowhere')
    t.match(await complaint(t, as('reader', location)), /has no schema of the search path: make one, or set another search_path/)
    await server.query('create table users (name text)', nameOf(location))
    t.match(await complaint(t, location), /\(SQLSTATE_42P07: relation "users" already exists\)\. Its tables belong to something else/)
    t.same(await server.query("select tablename from pg_tables where schemaname = 'public' and tablename in ('identities', 'sessions')", nameOf(location)), [], 'and left as it was')
    t.match(await complaint(t, `${location}&options=-c%20nonsense%3D1`), /cannot be used \(SQLSTATE_42704: unrecognized configuration parameter "nonsense"\)/)
    t.match(await complaint(t, `${location}&options=-c%20work_mem%3Dx`), /\(SQLSTATE_22023: .*\)\. Look into the log of the server\.$/)
  })

  t.test('a database that a newer version wrote is refused', async (t) => {
    const location = await server.createDatabase()
    await server.query("insert into schema_migrations values ('0999-something', '2030-01-01T00:00:00.000Z')", nameOf(location))
    t.match(await complaint(t, location), /was written by a newer version of fastify-entra \(it has the migration "0999-something"\)\. Install that version, or give another database\.$/)
  })

  t.test('schemas of one database are as separate as databases', async (t) => {
    const location = await server.createDatabase('empty')
    await server.query('create schema one; create schema two; create table public.users (name text); create table public.schema_migrations (version text)', nameOf(location))
    const open = async (schema: string) => await openTestDatabase(t, `${location}&options=-c%20search_path%3D${schema}`)
    const [one, two] = [await open('one'), await open('two')]
    await one.run((db) => db.insertInto('users').values({ id: 'u1', display_name: null, created_at: 1, disabled_at: null }).execute())
    t.equal((await dump(one)).users!.length, 1)
    t.equal((await dump(two)).users!.length, 0)
  })

  t.test('the server keeps to our limits, and knows who we are', async (t) => {
    const location = await server.createDatabase()
    const show = async (url: string, patience = 5_000): Promise<Record<string, string>> => {
      const database = await openDatabase(url, { patience })
      const names = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'application_name', 'transaction_isolation', 'enable_seqscan']
      const shown: Record<string, string> = {}
      await database.transaction(async (db) => {
        for (const name of names) shown[name] = Object.values((await sql.raw<Record<string, string>>(`show ${name}`).execute(db)).rows[0]!)[0]!
      })
      await database.close()
      return shown
    }
    t.same(await show(location), {
      statement_timeout: '5s', lock_timeout: '4s', idle_in_transaction_session_timeout: '10s', application_name: 'fastify-entra', transaction_isolation: 'serializable', enable_seqscan: 'off'
    })
    t.match(await show(`${location}&statement_timeout=1500&lock_timeout=700&idle_in_transaction_session_timeout=900&application_name=shop`), {
      statement_timeout: '1500ms', lock_timeout: '700ms', idle_in_transaction_session_timeout: '900ms', application_name: 'shop'
    })
  })

  t.test('a transaction that waits too long for its turn to begin leaves its connection as it was', async (t) => {
    const location = await server.createDatabase()
    const database = await openTestDatabase(t, `${location}&pool_max=1&lock_timeout=50`)
    const other = new pg.Client({ connectionString: location })
    await other.connect()
    await other.query('begin; lock table schema_migrations_lock in access exclusive mode')
    await t.rejects(database.transaction(async () => {}), { code: 'store_unavailable', detail: { reason: 'lock_not_available' } })
    t.same(await database.run(async (db) => await db.selectFrom('users').selectAll().execute()), [], 'what needs no turn goes on')
    await other.query('rollback')
    await other.end()
    await database.transaction(async () => {})
  })

  t.test('there are no more connections than the pool may have, and whoever waits gets one', async (t) => {
    const location = await server.createDatabase()
    const database = await openTestDatabase(t, `${location}&pool_max=2`)
    const pids = await Promise.all(Array.from({ length: 12 }, async () => await database.run(async (db) => (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0]!.pid)))
    t.ok(new Set(pids).size <= 2)
  })

  t.test('parsers of the application\'s own pg are neither used nor changed', async (t) => {
    const location = await server.createDatabase()
    const before = pg.types.getTypeParser(20)
    pg.types.setTypeParser(20, () => 'mine')
    t.teardown(() => pg.types.setTypeParser(20, before))
    const database = await openTestDatabase(t, location)
    await database.run((db) => db.insertInto('users').values({ id: 'u1', display_name: null, created_at: 1_700_000_000_000, disabled_at: null }).execute())
    t.match((await dump(database)).users, [{ created_at: 1_700_000_000_000 }])
    t.equal(pg.types.getTypeParser(20)('5'), 'mine')
  })

  t.test('rows come one after the other, too', async (t) => {
    const database = await openTestDatabase(t, await server.createDatabase())
    const seen = await database.run(async (db) => {
      const ids: number[] = []
      await db.insertInto('used_attempts').values([{ state_hash: 'a', expires_at: 1 }, { state_hash: 'b', expires_at: 2 }]).execute()
      for await (const { expires_at: at } of db.selectFrom('used_attempts').selectAll().orderBy('state_hash').stream()) ids.push(at)
      return ids
    })
    t.same(seen, [1, 2])
  })

  t.test('the password is nowhere to be seen', async (t) => {
    const location = await server.createDatabase()
    const database = await openTestDatabase(t, location.replace('postgres@', 'postgres:hush@'))
    t.notMatch(inspect(database, { depth: 12, showHidden: true }), /hush/)
    const failure = await database.run(async (db) => await sql`select nonsense`.execute(db)).catch((error: unknown) => error)
    t.match(failure, { code: 'store_unavailable', detail: { reason: 'SQLSTATE_42703' } })
    t.notMatch(inspect(failure, { depth: 12, showHidden: true }), /hush|nonsense/)
  })
})

/** A server that speaks TLS, with a certificate for the name `localhost` only; gives its certificate's file and its port. */
async function startWithTls (t: Test): Promise<{ server: PostgresServer, port: number, file: string }> {
  const port = await reservePort()
  const server = await startPostgres(t, port)
  const data = join(server.folder, 'data')
  const { uid, gid } = statSync(data)
  const [key, file] = [join(data, 'server.key'), join(data, 'server.crt')]
  const { status } = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', file])
  t.equal(status, 0, 'openssl made a certificate')
  for (const one of [key, file]) {
    chmodSync(one, 0o600)
    chownSync(one, uid, gid)
  }
  await setTls(server, 'on')
  return { server, port, file }
}

/** Turns TLS on or off. The server reads its settings again in its own time: new connections show when it has. */
async function setTls (server: PostgresServer, value: 'on' | 'off'): Promise<void> {
  await server.query(`alter system set ssl = ${value}`)
  await server.query('select pg_reload_conf()')
  await until(async () => (await server.query('show ssl'))[0]!.ssl === value)
}

/** Sets a variable of the environment, that nothing else here has, for the rest of a test. */
function setVariable (t: Test, name: string, value: string): void {
  process.env[name] = value
  t.teardown(() => { delete process.env[name] })
}

t.test('TLS', needsPostgres(), async (t) => {
  const { server, port, file } = await startWithTls(t)
  const name = new URL(await server.createDatabase()).pathname.slice(1)
  const url = (host: string, query: string) => `postgres://postgres:hush@${host}:${port}/${name}?${query}`

  t.test('a server whose certificate is of an authority that is trusted, for its name, is taken', async (t) => {
    const database = await openTestDatabase(t, url('localhost', `sslmode=verify-full&sslrootcert=${file}`))
    const { rows } = await database.run(async (db) => await sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(db))
    t.same(rows, [{ ssl: true }])
  })

  t.test('any other one is refused, in every mode that promises something', async (t) => {
    for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full']) {
      t.match(await complaint(t, url('localhost', `sslmode=${mode}`)), /cannot be reached \(DEPTH_ZERO_SELF_SIGNED_CERT\)/, mode)
      t.match(await complaint(t, url('127.0.0.1', `sslmode=${mode}&sslrootcert=${file}`)), /cannot be reached \(ERR_TLS_CERT_ALTNAME_INVALID\)/, mode)
    }
    setVariable(t, 'NODE_TLS_REJECT_UNAUTHORIZED', '0')
    t.match(await complaint(t, url('localhost', 'sslmode=verify-full')), /DEPTH_ZERO_SELF_SIGNED_CERT/, 'whatever the environment says')
  })

  t.test('the environment turns no TLS on or off that the URL does not', async (t) => {
    setVariable(t, 'PGSSLMODE', 'require')
    const database = await openTestDatabase(t, url('localhost', 'sslmode=disable'))
    const { rows } = await database.run(async (db) => await sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(db))
    t.same(rows, [{ ssl: false }])
  })

  t.test('no-verify encrypts, and asks nothing', async (t) => {
    const database = await openTestDatabase(t, url('localhost', 'sslmode=no-verify'))
    const { rows } = await database.run(async (db) => await sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(db))
    t.same(rows, [{ ssl: true }])
  })

  t.test('a server without TLS is refused where it is asked for', async (t) => {
    await setTls(server, 'off')
    t.match(await complaint(t, url('localhost', `sslmode=verify-full&sslrootcert=${file}`)), /cannot be reached \(no_tls\)/)
  })
})
