import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { createAccounts } from '../../src/linking/accounts.ts'
import { createLinking } from '../../src/linking/link.ts'
import { assertSameWorld } from '../../src/linking/same-world.ts'
import { createAccountStore } from '../../src/store/accounts.ts'
import { createUsedAttempts } from '../../src/store/attempts.ts'
import { createSessionStore } from '../../src/store/sessions.ts'
import { token } from '../linking/tokens.ts'
import { canonicalAddress, defaults, linkedUser } from '../linking/world.ts'
import { openTestDatabase, temporaryFolder } from './database.ts'

const scan = /^SCAN (?!CONSTANT ROW)/

t.test('no query reads a whole table, however large it has grown', async (t) => {
  const file = join(temporaryFolder(t), 'accounts.sqlite')
  const database = await openTestDatabase(t, file)
  const store = createAccountStore(database)
  const sessions = createSessionStore(database)
  const environment = { now: () => 1, randomBytes: (size: number) => Buffer.alloc(size, ++made) }
  let made = 0

  const statements = new Set<string>()
  const { prepare } = DatabaseSync.prototype
  DatabaseSync.prototype.prepare = function (sql) {
    if (!/^(?:begin|commit|rollback|pragma)/i.test(sql)) statements.add(sql)
    return prepare.call(this, sql)
  }
  t.teardown(() => { DatabaseSync.prototype.prepare = prepare })

  const accounts = createAccounts({ store, environment, canonicalAddress, endSessions: sessions.endAllOf })
  const { link } = createLinking({
    policy: { ...defaults, use_email_as_identifier: true, allow_email_account_merge: true }, store, environment, endSessions: sessions.endAllOf
  })
  await assertSameWorld(store, 'https://login.example')
  await createUsedAttempts(database, environment).use('state', 1)
  const { user, identity } = linkedUser(await link(token()))
  await link(token())
  await link(token({ tenant: 'fabrikam', name: 'Kim' }))
  await link(token({ tenant: 'attacker', verified: false })).catch(() => {})
  await accounts.invite({ email: 'bob@example.com' })
  await link(token({ person: 3, email: 'bob@example.com' }))
  await sessions.create('key', { user: { id: user.id, displayName: null, email: null, identity }, createdAt: 1, authenticatedAt: 1, lastSeenAt: 1, device: null }, 9)
  await sessions.find('key')
  await sessions.touch('key', 2, 9)
  await sessions.listOf(user.id, 1)
  await sessions.endAllOf(user.id, 'key')
  await sessions.endAllOf(user.id)
  await sessions.end('key')
  await sessions.sweep(1, 50)
  await accounts.export(user.id)
  await accounts.disable(user.id)
  await accounts.removeEmail(user.id, 'ann@example.com')
  await accounts.releaseEmail(user.id, 'ann@example.com')
  await accounts.delete(user.id)

  const handle = new DatabaseSync(file)
  t.teardown(() => handle.close())
  t.ok(statements.size >= 30, `${statements.size} statements were seen`)
  for (const sql of statements) {
    const plan = (prepare.call(handle, `explain query plan ${sql}`).all() as Array<{ detail: string }>).map(({ detail }) => detail)
    t.same(plan.filter((line) => scan.test(line)), [], sql)
  }
  const whole = prepare.call(handle, 'explain query plan select * from users where display_name = ?').all() as Array<{ detail: string }>
  t.ok(whole.some(({ detail }) => scan.test(detail)), 'one that does is noticed')
})
