import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import type { AuditEntry } from '../../src/events/types.ts'
import { createAuditStore } from '../../src/store/audit.ts'
import { count, openTestDatabase, temporaryFolder } from './database.ts'
import { rule } from './engines.ts'

const page = { userId: null, type: null, before: null, limit: 100 }
const entry = (id: string, parts: Partial<AuditEntry> = {}): AuditEntry => ({
  id, type: 'signed_in', at: 5, userId: 'u', identity: { tid: 't', oid: 'o' }, address: 'hash', evidence: [{ kind: 'upn', score: 50 }], row: 'B2', code: 'c', reason: 'r', requestId: 'q', ...parts
})

rule('what is written is read', async (t, engine) => {
  const store = createAuditStore(await openTestDatabase(t, await engine.newLocation(t)))
  const full = entry('2')
  const empty = entry('1', { userId: null, identity: null, address: null, evidence: [], row: null, code: null, reason: null, requestId: null })
  await store.add([empty, full], [])
  t.same(await store.list(page), [full, empty])
})

rule('however many entries come at once, each is kept as it is', async (t, engine) => {
  const store = createAuditStore(await openTestDatabase(t, await engine.newLocation(t)))
  const all = []
  for (let count = 1; count <= 10; count++) {
    const entries = Array.from({ length: count }, (_, index) => entry(`${10 + count}-${10 + index}`, { userId: index % 2 === 0 ? `u${index}` : null, code: `c${count}` }))
    await store.add(entries, [])
    all.push(...entries)
  }
  t.same(await store.list(page), all.reverse())
})

rule('entries of one write are there together or not at all', async (t, engine) => {
  const database = await openTestDatabase(t, await engine.newLocation(t))
  const store = createAuditStore(database)
  await store.add([entry('1')], [])
  await t.rejects(store.add([entry('2'), entry('1')], []))
  await t.rejects(store.add([entry('2'), entry('1')], ['u']), { code: 'store_unavailable' })
  t.equal(await count(database, 'audit'), 1)
  t.equal((await store.list(page))[0]!.address, 'hash', 'and nobody is forgotten')
})

t.test('what somebody else wrote into the table is shown as far as it can be', async (t) => {
  const file = join(temporaryFolder(t), 'audit.sqlite')
  const database = await openTestDatabase(t, file)
  const store = createAuditStore(database)
  await store.add(['1', '2', '3', '4'].map((id) => entry(id)), [])
  const handle = new DatabaseSync(file)
  t.teardown(() => handle.close())
  const poison = ['{', '{"length":1}', '[null,5,{"kind":5,"score":1},{"kind":"upn","score":"9"},{"kind":"upn","score":9,"__proto__":{"x":1}}]', '[]']
  poison.forEach((text, number) => handle.prepare('update audit set evidence = ?, oid = null where id = ?').run(text, String(number + 1)))
  t.same((await store.list(page)).map(({ evidence, identity }) => [evidence, identity]), [[[], null], [[{ kind: 'upn', score: 9 }], null], [[], null], [[], null]])
})

t.test('no query reads the whole table, however large it has grown', async (t) => {
  const file = join(temporaryFolder(t), 'audit.sqlite')
  const database = await openTestDatabase(t, file)
  const store = createAuditStore(database)
  const statements = new Set<string>()
  const { prepare } = DatabaseSync.prototype
  DatabaseSync.prototype.prepare = function (sql) {
    if (/audit/.test(sql)) statements.add(sql)
    return prepare.call(this, sql)
  }
  t.teardown(() => { DatabaseSync.prototype.prepare = prepare })
  await store.add([entry('1'), entry('2')], ['u'])
  await store.add([entry('3')], [])
  await store.add([entry('4', { userId: 'v' })], ['v'])
  for (const userId of [null, 'u']) {
    for (const type of [null, 'signed_in' as const]) for (const before of [null, '9']) await store.list({ userId, type, before, limit: 10 })
  }
  await store.sweep('0', 10)
  const handle = new DatabaseSync(file)
  t.teardown(() => handle.close())
  t.ok(statements.size >= 13, `${statements.size} statements were seen`)
  const planOf = (sql: string): string[] => (prepare.call(handle, `explain query plan ${sql}`).all() as Array<{ detail: string }>).map(({ detail }) => detail)
  for (const sql of statements) {
    // A walk along the key, newest first, ends after a page.
    const plan = planOf(sql).filter((line) => !/^SCAN audit USING INDEX sqlite_autoindex/.test(line) || !/limit/.test(sql))
    t.same(plan.filter((line) => /^SCAN audit|TEMP B-TREE FOR ORDER/.test(line)), [], sql)
  }
  t.ok(planOf('select * from audit where reason = ?').some((line) => line.startsWith('SCAN')), 'one that does is noticed')
  t.match(planOf('update audit set tid = null where user_id is null and tid = ? and oid = ?').join(), 'audit_of_nobody')
})
