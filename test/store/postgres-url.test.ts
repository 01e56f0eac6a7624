import { join } from 'node:path'
import t from 'tap'
import { exposureOf, secretFileOf } from '../../src/store/location.ts'
import { readPostgresUrl, showAddress } from '../../src/store/postgres-url.ts'

const refused = (url: string) => {
  try {
    readPostgresUrl(url)
    return 'it is read'
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`
  }
}

t.test('a URL is read as it is meant', async (t) => {
  t.same(readPostgresUrl('postgres://me@db.example/app'), {
    host: 'db.example',
    port: 5432,
    user: 'me',
    password: undefined,
    database: 'app',
    tls: false,
    applicationName: 'fastify-entra',
    options: undefined,
    poolMax: 10,
    statementTimeout: undefined,
    lockTimeout: undefined,
    idleInTransactionTimeout: undefined
  })
  t.match(readPostgresUrl('postgresql://m%40e:p%2F%3a%25@[::1]:6432/my%20db?application_name=a%26b&options=-c%20search_path%3Dx&pool_max=3&statement_timeout=1&lock_timeout=2&idle_in_transaction_session_timeout=3'), {
    host: '::1',
    port: 6432,
    user: 'm@e',
    password: 'p/:%',
    database: 'my db',
    applicationName: 'a&b',
    options: '-c search_path=x',
    poolMax: 3,
    statementTimeout: 1,
    lockTimeout: 2,
    idleInTransactionTimeout: 3
  })
  t.match(readPostgresUrl('postgres:///app'), { host: 'localhost', user: undefined })
  t.match(readPostgresUrl('postgres://me@%2Frun%2Fpostgresql/app'), { host: '/run/postgresql' })
  t.match(readPostgresUrl('postgres://me@localhost:6432/app?host=/run/postgresql'), { host: '/run/postgresql', port: 6432 })
})

t.test('a URL that cannot be read, or only in another way than it was meant, is refused, and its password is not shown', async (t) => {
  for (const url of [
    'postgres:', 'postgres:xy', 'postgres:/db/app', 'postgres://me:hu/sh@db/app', 'postgres://me:12/hush@db/app', 'postgres://me:12?hush@db/app', 'postgres://me:1#hush@db/app',
    'postgres://me:12#hush', 'postgres://me:hush%zz@db/app', 'postgres://me:hush@db/a%zz', 'postgres://me:hush@db', 'postgres://me:hush@db/', 'postgres://me:hush@db:x/app',
    'postgres://me:hush@db/app?sslmode=allow', 'postgres://me:hush@db/app?ssl=true', 'postgres://me:hush@db/app?sslmode=disable&sslrootcert=system',
    'postgres://me:hush@db/app?sslcert=/x', 'postgres://me:hush@db/app?sslkey=/x', 'postgres://me:hush@db/app?sslrootcert=/does/not/exist',
    'postgres://me:hush@db/app?pool_max=0', 'postgres://me:hush@db/app?pool_max=1001', 'postgres://me:hush@db/app?pool_max=ten', 'postgres://me:hush@db/app?lock_timeout=2147483648',
    'postgres://me:hush@db/app?host=', 'postgres://me:hush@db/app?host=a&host=b', 'postgres://me:hush@db/app?__proto__=x'
  ]) {
    t.match(refused(url), /^FST_ENTRA_CONFIGURATION fastify-entra: option "database" is the URL of a PostgreSQL database and .*\.$/, url)
    t.notMatch(refused(url), /hush/, url)
  }
  t.match(refused('postgres://me:hush@db/app?max=5'), /has the parameter "max", which is not known here\. Those known are host, .*pool_max/)
  t.match(refused('postgres://me:hush@db/app?sslrootcert=/does/not/exist'), /in the parameter "sslrootcert" that cannot be read \(ENOENT\)/)
  t.match(refused('postgres://me:p@ss@db/app'), /^it is read$/, 'where it is certain what is meant')
})

t.test('what promises protection protects wholly, and only what says so does not', async (t) => {
  const tls = (query: string) => readPostgresUrl(`postgres://db/app${query}`).tls
  t.equal(tls(''), false)
  t.equal(tls('?sslmode=disable'), false)
  for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full']) t.same(tls(`?sslmode=${mode}`), { rejectUnauthorized: true }, mode)
  t.same(tls('?sslmode=no-verify'), { rejectUnauthorized: false })
  const file = join(t.testdir({ 'ca.pem': 'ca', 'cert.pem': 'cert', 'key.pem': 'key' }), 'x').slice(0, -2)
  t.same(tls(`?sslrootcert=${file}/ca.pem`), { rejectUnauthorized: true, ca: 'ca' }, 'without a mode')
  t.same(tls('?sslmode=verify-full&sslrootcert=system'), { rejectUnauthorized: true }, 'the authorities that Node trusts')
  t.same(tls(`?sslmode=verify-full&sslcert=${file}/cert.pem&sslkey=${file}/key.pem`), { rejectUnauthorized: true, cert: 'cert', key: 'key' })
})

t.test('an open way to another machine is warned of', async (t) => {
  const open = ['postgres://me:hush@db.example/app', 'postgres://me:hush@10.0.0.5/app?sslmode=disable', 'postgres://me:hush@db/app?sslmode=no-verify', 'postgres://me:hush@localhost/app?host=db.example']
  for (const url of open) {
    t.match(exposureOf(url), /^fastify-entra: option "database": whoever is between this server and ".*\/app" can read and change/, url)
    t.notMatch(exposureOf(url), /hush|me:/)
  }
  for (const location of ['postgres://db.example/app?sslmode=verify-full', 'postgres://db.example/app?sslmode=require', 'postgres://localhost/app', 'postgres://127.0.0.1/app', 'postgres://[::1]/app', 'postgres://db/app?host=/run/postgresql', 'app.sqlite', ':memory:']) {
    t.equal(exposureOf(location), null, location)
  }
})

t.test('messages name host, port and database, and nothing else of the URL', async (t) => {
  t.equal(showAddress(readPostgresUrl('postgres://me:hush@db.example:6432/app?application_name=x')), '"db.example:6432/app"')
})

t.test('the secret of a development server is kept beside the file, or where the server runs', async (t) => {
  t.equal(secretFileOf('data/app.sqlite'), 'data/app.sqlite.secret')
  t.equal(secretFileOf(':memory:'), null)
  t.equal(secretFileOf('postgres://me:hush@db/app'), 'fastify-entra.secret')
  t.equal(secretFileOf('PostgreSQL://db/app'), 'fastify-entra.secret')
})
