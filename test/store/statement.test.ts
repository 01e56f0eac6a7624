import type { UsersTable } from '../../src/store/schema.ts'
import { columns, prepare } from '../../src/store/statement.ts'
import { openTestDatabase } from './database.ts'
import { rule } from './engines.ts'

rule('a query is built once for each database, transactions among it, and run with the values of each call', async (t, engine) => {
  const databases = [await openTestDatabase(t, await engine.newLocation(t)), await openTestDatabase(t)]
  let built = 0
  const insert = prepare<UsersTable>((db, user) => {
    built += 1
    return db.insertInto('users').values(columns(user, 'id', 'display_name', 'created_at', 'disabled_at'))
  })
  const select = prepare<{ from: number, to: number }, Pick<UsersTable, 'id'>>((db, { from, to }) =>
    db.selectFrom('users').select('id').where('created_at', '>=', from).where('created_at', '<=', to).where('display_name', '=', 'Kim').orderBy('id'))
  const user = (id: string, createdAt: number, name: string | null): UsersTable => ({ id, display_name: name, created_at: createdAt, disabled_at: null })
  for (const database of databases) {
    t.equal(await database.run(async (db) => await insert.changes(db, user('u1', 1, 'Kim'))), 1)
    await database.transaction(async (db) => {
      await insert.rows(db, user('u2', 2, 'Kim'))
      await insert.rows(db, user('u3', 3, 'Kim'))
      await insert.rows(db, user('u4', 2, null))
    })
    t.same(await database.run(async (db) => await select.rows(db, { from: 2, to: 3 })), [{ id: 'u2' }, { id: 'u3' }])
    t.same(await database.run(async (db) => await select.first(db, { from: 1, to: 3 })), { id: 'u1' })
    t.equal(await database.run(async (db) => await select.first(db, { from: 4, to: 3 })), undefined)
  }
  t.equal(built, databases.length)
})

rule('a value is a value, whatever is in it', async (t, engine) => {
  const database = await openTestDatabase(t, await engine.newLocation(t))
  const insert = prepare<Pick<UsersTable, 'id' | 'created_at'>>((db, user) => db.insertInto('users').values(columns(user, 'id', 'created_at')))
  const select = prepare<{ id: string }, UsersTable>((db, { id }) => db.selectFrom('users').selectAll().where('id', '=', id))
  const ids = ["'; drop table users; --", '$1', '?', '', '"id"']
  for (const id of ids) await database.run(async (db) => await insert.rows(db, { id, created_at: 1 }))
  for (const id of ids) t.equal((await database.run(async (db) => await select.first(db, { id })))?.id, id)
})
