import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Kysely, sql } from 'kysely'
import t from 'tap'
import { openDatabase } from '../../src/store/open.ts'
import type { Schema } from '../../src/store/schema.ts'
import { settled } from '../../src/store/settled.ts'
import { dump, openTestDatabase, temporaryFolder } from './database.ts'
import { rule } from './engines.ts'
import { race } from './processes.ts'

const addUser = { id: 'u1', display_name: null, created_at: 1, disabled_at: null }
const modeOf = (file: string) => statSync(file).mode & 0o777

t.test('the file and its folder are made, for nobody else to read', async (t) => {
  const folder = join(temporaryFolder(t), 'a', 'b')
  const file = join(folder, 'accounts.sqlite')
  const database = await openTestDatabase(t, file)
  await database.run((db) => db.insertInto('users').values(addUser).execute())
  t.equal(modeOf(file), 0o600)
  t.equal(modeOf(`${file}-wal`), 0o600)
  t.equal(modeOf(folder), 0o700)
})

t.test('the mode of a file that was there stays', async (t) => {
  const file = join(temporaryFolder(t), 'accounts.sqlite')
  writeFileSync(file, '')
  chmodSync(file, 0o640)
  await openTestDatabase(t, file)
  t.equal(modeOf(file), 0o640)
})

t.test('what was acknowledged survives a power cut, and foreign keys hold', async (t) => {
  const database = await openTestDatabase(t, join(temporaryFolder(t), 'accounts.sqlite'))
  const read = async (pragma: string) => Object.values((await database.run((db) => sql.raw<object>(`pragma ${pragma}`).execute(db))).rows[0]!)[0] as unknown
  t.equal(await read('journal_mode'), 'wal')
  t.equal(await read('synchronous'), 2)
  t.equal(await read('foreign_keys'), 1)
})

t.test('what may be durable later is, as soon as something else is durable now: in a transaction as well', async (t) => {
  const database = await openTestDatabase(t, join(temporaryFolder(t), 'accounts.sqlite'))
  const synchronous = sql<{ synchronous: number }>`pragma synchronous`
  const read = async (db: Kysely<Schema>): Promise<number> => (await synchronous.execute(db)).rows[0]!.synchronous
  const later = 1
  const now = 2
  t.equal(await database.run(read, 'later'), later)
  t.equal(await database.run(read), now)
  t.equal(await database.transaction(read, 'later'), later)
  t.equal(await database.transaction(read, 'now'), now)
  t.same(await Promise.all([database.run(read, 'later'), database.run(read), database.transaction(read, 'later'), database.run(read, 'now')]), [later, now, later, now])

  let isFollowed = true
  const careful = settled(database, () => isFollowed)
  t.same([await careful.run(read, 'later'), await careful.transaction(read, 'later'), await careful.run(read)], [later, later, now])
  isFollowed = false
  t.same([await careful.run(read, 'later'), await careful.transaction(read, 'later'), await careful.run(read)], [now, now, now])
})

rule('what was written is there when the file is opened again', async (t, engine) => {
  const location = await engine.newSharedLocation(t)
  const first = await openDatabase(location)
  await first.run((db) => db.insertInto('users').values(addUser).execute())
  const before = await dump(first)
  await first.close()
  t.same(await dump(await openTestDatabase(t, location)), before)
})

t.test('a database in memory is its own', async (t) => {
  const [first, second] = [await openTestDatabase(t), await openTestDatabase(t)]
  await first.run((db) => db.insertInto('users').values(addUser).execute())
  t.equal((await dump(second)).users!.length, 0)
  t.notOk(existsSync(':memory:'))
})

rule('eight processes that make one database at the same instant make no error', async (t, engine) => {
  const location = await engine.newEmptyLocation(t)
  const outcomes = await race(new URL('boot-process.ts', import.meta.url), Array.from({ length: 8 }, () => [location]))
  t.same(outcomes.map(({ code, errors }) => ({ code, errors })), outcomes.map(() => ({ code: 0, errors: '' })))
  t.same(outcomes.map(({ output }) => output).sort(), ['first', ...Array(7).fill('late')])
})

t.test('what cannot be opened is a mistake in the option "database"', async (t) => {
  const folder = temporaryFolder(t)
  const pathOf = (name: string) => join(folder, name)
  const wrong = async (file: string, message: RegExp) =>
    await t.rejects(openDatabase(file, { patience: 20 }), { code: 'FST_ENTRA_CONFIGURATION', message })

  writeFileSync(pathOf('letter.txt'), 'Dear reader, this is no database. '.repeat(100))
  await wrong(pathOf('letter.txt'), /^fastify-entra: option "database": ".*letter\.txt" is a file, but no SQLite database\. Give the path of another file\.$/)
  await wrong(join(pathOf('letter.txt'), 'accounts.sqlite'), /\((?:EEXIST|ENOTDIR)\)/)
  await wrong(folder, /cannot be made or written \(EISDIR\)\. Give the path of a file, in a folder that this process may write\.$/)
  await wrong('a\0b', /\(ERR_INVALID_ARG_VALUE\)/)

  // As in a folder where nothing can be made: a user without rights cannot be had in every test machine.
  mkdirSync(pathOf('blocked.sqlite-wal'))
  await wrong(pathOf('blocked.sqlite'), /cannot be used \(SQLITE_[A-Z]+: .+\)\. Give the path of a file of its own, in a folder that this process may write\.$/)
})

t.test('a database of something else is refused, and left as it was', async (t) => {
  const file = join(temporaryFolder(t), 'shop.sqlite')
  const shop = new DatabaseSync(file)
  shop.exec('create table users (name text)')
  await t.rejects(openDatabase(file), { code: 'FST_ENTRA_CONFIGURATION', message: /cannot be used \(SQLITE_1: table "users" already exists\)\. Give the path of a file of its own/ })
  t.match(shop.prepare("select count(*) as n from sqlite_schema where name in ('identities', 'sessions')").get(), { n: 0 })
  shop.close()
})

t.test('a database that a newer version wrote is refused, and left as it was', async (t) => {
  const file = join(temporaryFolder(t), 'newer.sqlite')
  const database = await openDatabase(file)
  await database.run((db) => sql`insert into schema_migrations values ('0999-something', '2030-01-01T00:00:00.000Z')`.execute(db))
  await database.close()
  await t.rejects(openDatabase(file), {
    code: 'FST_ENTRA_CONFIGURATION',
    message: /newer\.sqlite" was written by a newer version of fastify-entra \(it has the migration "0999-something"\)\. Install that version, or give another database\.$/
  })
})

t.test('a database that somebody keeps locked is refused after a while', async (t) => {
  const file = join(temporaryFolder(t), 'locked.sqlite')
  const other = new DatabaseSync(file)
  other.exec('pragma journal_mode = wal; begin immediate')
  await t.rejects(openDatabase(file, { patience: 20 }), { code: 'FST_ENTRA_CONFIGURATION', message: /SQLITE_BUSY/ })
  other.exec('rollback')
  await openTestDatabase(t, file, 20)
  other.close()
})

rule('a closed database answers store_unavailable, and closes again', async (t, engine) => {
  const database = await openDatabase(await engine.newLocation(t))
  const between = database.run(async (db) => {
    await db.selectFrom('users').selectAll().execute()
    await new Promise(setImmediate)
    return await db.selectFrom('users').selectAll().execute()
  })
  const refused = database.transaction(async () => {
    await new Promise(setImmediate)
    throw new Error('a mistake of our own')
  })
  const failures = Promise.all([t.rejects(between, { code: 'store_unavailable', detail: { reason: 'closed' } }), t.rejects(refused, { code: 'store_unavailable' })])
  await new Promise(process.nextTick)
  await database.close()
  await failures
  await database.close()
  await t.rejects(database.run((db) => db.selectFrom('users').selectAll().execute()), { code: 'store_unavailable', statusCode: 503, detail: { reason: 'closed' } })
  await t.rejects(database.transaction(async () => {}), { code: 'store_unavailable', detail: { reason: 'closed' } })
})

rule('who loses a race is run again, and sees the winner', async (t, engine) => {
  const database = await openTestDatabase(t, await engine.newLocation(t))
  await database.run((db) => db.insertInto('users').values(addUser).execute())
  let runs = 0
  const found = await database.transaction(async (db) => {
    // The first time as if another server had inserted between the look and the insert.
    const isFirst = ++runs === 1
    const known = isFirst ? undefined : await db.selectFrom('users').selectAll().where('id', '=', 'u1').executeTakeFirst()
    if (known !== undefined) return known
    await db.insertInto('used_attempts').values({ state_hash: 'lost', expires_at: 1 }).execute()
    await db.insertInto('users').values(addUser).execute()
    return null
  })
  t.equal(runs, 2)
  t.match(found, { id: 'u1' })
  t.same((await dump(database)).used_attempts, [], 'nothing is left of the first run')
})

rule('a conflict that stays ends after five runs', async (t, engine) => {
  const database = await openTestDatabase(t, await engine.newLocation(t))
  let runs = 0
  await t.rejects(database.transaction(async (db) => {
    runs++
    await db.insertInto('users').values([addUser, addUser]).execute()
  }), { code: 'store_unavailable', detail: { reason: 'conflict' } })
  t.equal(runs, 5)
})

t.test('a database that is busy, full or read-only is store_unavailable, and comes back (D14)', async (t) => {
  const file = join(temporaryFolder(t), 'accounts.sqlite')
  const database = await openTestDatabase(t, file, 20)
  const write = async () => await database.transaction((db) => db.insertInto('used_attempts').values({ state_hash: 'x'.repeat(20_000), expires_at: 1 }).execute())
  const pragma = async (text: string) => { await database.run((db) => sql.raw(`pragma ${text}`).execute(db)) }
  const refused = async (reason: string) => {
    const before = await dump(database)
    await t.rejects(write(), { code: 'store_unavailable', statusCode: 503, detail: { reason } })
    t.same(await dump(database), before)
  }

  const other = new DatabaseSync(file)
  other.exec('begin immediate')
  await refused('SQLITE_BUSY')
  other.close()

  await pragma('max_page_count = 1')
  await refused('SQLITE_FULL')
  await pragma('max_page_count = 1000000')

  await pragma('query_only = on')
  await refused('SQLITE_READONLY')
  await pragma('query_only = off')

  await write()
  t.equal((await dump(database)).used_attempts!.length, 1)
})
