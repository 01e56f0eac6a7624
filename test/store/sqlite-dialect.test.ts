import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CompiledQuery, Kysely, sql } from 'kysely'
import t, { type Test } from 'tap'
import { sqliteDialect } from '../../src/store/sqlite-dialect.ts'
import { temporaryFolder } from './database.ts'
import { failStatement } from './fail-statement.ts'

interface Numbers { numbers: { value: number } }

function connect (t: Pick<Test, 'teardown'>, file: string, patience = 60_000): { db: Kysely<Numbers>, handle: DatabaseSync } {
  const handle = new DatabaseSync(file, { timeout: 0 })
  const db = new Kysely<Numbers>({ dialect: sqliteDialect(handle, patience) })
  t.teardown(async () => await db.destroy())
  return { db, handle }
}

async function newFile (t: Pick<Test, 'teardown'>): Promise<string> {
  const file = join(temporaryFolder(t), 'numbers.sqlite')
  const handle = new DatabaseSync(file)
  handle.exec('pragma journal_mode = wal; create table numbers (value integer primary key)')
  handle.close()
  return file
}

const diskError = { message: 'disk I/O error' }
const busy = { code: 'ERR_SQLITE_ERROR', message: 'database is locked' }
const add = async (db: Kysely<Numbers>, value: number) => await db.insertInto('numbers').values({ value }).execute()
const all = async (db: Kysely<Numbers>) => (await db.selectFrom('numbers').select('value').orderBy('value').execute()).map(({ value }) => value)

/** Adds one to the highest number: read, then write. */
async function next (db: Kysely<Numbers>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const highest = (await all(transaction)).at(-1) ?? 0
    await new Promise(setImmediate)
    await add(transaction, highest + 1)
  })
}

t.test('queries give rows and counts', async (t) => {
  const { db } = connect(t, await newFile(t))
  await add(db, 1)
  await add(db, 2)
  t.same(await all(db), [1, 2])
  t.equal((await db.deleteFrom('numbers').executeTakeFirstOrThrow()).numDeletedRows, 2n)
  t.equal((await db.insertInto('numbers').values({ value: 3 }).returning('value').executeTakeFirstOrThrow()).value, 3)
  const streamed = []
  for await (const { value } of db.selectFrom('numbers').select('value').stream()) streamed.push(value)
  t.same(streamed, [3])
})

t.test('transactions of one handle run one after the other', async (t) => {
  const { db } = connect(t, await newFile(t))
  await Promise.all(Array.from({ length: 20 }, async () => await next(db)))
  t.same(await all(db), Array.from({ length: 20 }, (_, index) => index + 1))
})

t.test('two handles in one process read and then write at once, and wait for each other', async (t) => {
  const file = await newFile(t)
  const handles = [connect(t, file).db, connect(t, file).db]
  await Promise.all(Array.from({ length: 20 }, async (_, index) => await next(handles[index % 2]!)))
  t.same(await all(handles[0]!), Array.from({ length: 20 }, (_, index) => index + 1))
})

t.test('waiting for another process has an end, and does not block this one', async (t) => {
  const file = await newFile(t)
  const { db } = connect(t, file, 20)
  const { handle: other } = connect(t, file)
  other.exec('begin immediate')
  let turns = 0
  const ticker = setInterval(() => { turns++ }, 1)
  await t.rejects(add(db, 1), busy)
  await t.rejects(next(db), busy)
  clearInterval(ticker)
  t.ok(turns > 2)
  other.exec('rollback')
  await next(db)
  t.same(await all(db), [1])
})

t.test('whoever waits for a stuck neighbour is told so, too', async (t) => {
  const { db } = connect(t, await newFile(t), 20)
  let finish = (): void => {}
  const stuck = db.transaction().execute(async () => await new Promise<void>((resolve) => { finish = resolve }))
  await t.rejects(all(db), { code: 'store_unavailable', detail: { reason: 'queue_timeout' } })
  finish()
  await stuck
  t.same(await all(db), [])
})

t.test('a transaction that fails leaves nothing behind', async (t) => {
  const { db } = connect(t, await newFile(t))
  await t.rejects(db.transaction().execute(async (transaction) => {
    await add(transaction, 1)
    throw new Error('stop')
  }), { message: 'stop' })
  t.same(await all(db), [])
})

t.test('where SQLite rolled back by itself, its own error is the one that is seen', async (t) => {
  const { db } = connect(t, await newFile(t))
  await t.rejects(db.transaction().execute(async (transaction) => {
    await add(transaction, 1)
    await transaction.executeQuery(CompiledQuery.raw('rollback'))
    throw new Error('the first error')
  }), { message: 'the first error' })
  await next(db)
  t.same(await all(db), [1])
})

t.test('nobody comes into a transaction that somebody else could not end', async (t) => {
  const { db } = connect(t, await newFile(t))
  await add(db, 1)
  // The statements of a transaction of `next`: begin, select, insert, commit.
  for (const [number, moment] of [[1, 'after'], [3, 'before'], [3, 'after'], [4, 'before']] as const) {
    const failure = failStatement(t, { name: 'sqlite' }, number, moment)
    await t.rejects(next(db), diskError, `statement ${number}, ${moment} it was carried out`)
    failure.restore()
    t.same(await all(db), [1])
    await next(db)
    await db.deleteFrom('numbers').where('value', '>', 1).execute()
  }
})

t.test('where a transaction cannot be ended at all, whoever comes is told so, until it can', async (t) => {
  const { db, handle } = connect(t, await newFile(t))
  const { prepare } = handle
  handle.prepare = (sql) => {
    if (sql === 'rollback') throw Object.assign(new Error('disk I/O error'), { errcode: 10 })
    return prepare.call(handle, sql)
  }
  await t.rejects(db.transaction().execute(async (transaction) => {
    await add(transaction, 1)
    throw new Error('stop')
  }), diskError)
  await t.rejects(all(db), diskError)
  await t.rejects(next(db), diskError)
  handle.prepare = prepare
  t.same(await all(db), [])
  await next(db)
})

t.test('closing waits for what is under way', async (t) => {
  const { db, handle } = connect(t, await newFile(t))
  const work = next(db)
  await new Promise(setImmediate)
  await db.destroy()
  await work
  t.equal(handle.isOpen, false)
})

t.test('generated statements do not fill the memory', async (t) => {
  const { db, handle } = connect(t, await newFile(t))
  let prepared = 0
  const prepare = handle.prepare.bind(handle)
  handle.prepare = (text) => {
    prepared++
    return prepare(text)
  }
  for (let index = 0; index < 260; index++) await sql.raw(`select ${index}`).execute(db)
  t.equal(prepared, 260)
  await sql.raw('select 259').execute(db)
  t.equal(prepared, 260, 'the newest are kept')
  await sql.raw('select 0').execute(db)
  t.equal(prepared, 261, 'the oldest are not')
})
