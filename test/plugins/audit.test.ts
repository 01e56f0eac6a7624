import { DatabaseSync, StatementSync } from 'node:sqlite'
import Fastify from 'fastify'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import audit from '../../plugins/audit.ts'
import type { AuthEvent } from '../../plugins/fastify-entra.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { httpsApp, program, type TestApp } from './app.ts'

const ada = { oid: '4a35ec4e-5d65-4353-87a8-63d19b3482dc' }
const day = 86_400_000

/** All rows of one table. */
async function rowsOf ({ app }: TestApp, table: 'audit' | 'sessions' | 'users'): Promise<Array<Record<string, unknown>>> {
  return await signInOf(app).database.run((db) => db.selectFrom(table).selectAll().execute())
}

/** While the audit table takes nothing, and everything else works. */
async function breakAudit ({ app }: TestApp): Promise<() => Promise<void>> {
  const { database } = signInOf(app)
  await database.run(async (db) => await sql`create trigger broken before insert on audit begin select raise(abort, 'broken'); end`.execute(db))
  return async () => { await database.run(async (db) => await sql`drop trigger broken`.execute(db)) }
}

const signOut = async ({ app }: TestApp, cookie: string) => await app.inject({ method: 'POST', url: '/auth/logout', headers: { ...program, cookie, origin: 'https://app.example' } })

/** What is said to SQLite from now on, as far as it hangs together with power cuts: how commits are made, and which tables are written. */
function listenToSqlite (t: Pick<Test, 'teardown'>): string[] {
  const said: string[] = []
  const { exec } = DatabaseSync.prototype
  const { all, run } = StatementSync.prototype
  const note = (sql: string): void => {
    const word = /^pragma synchronous = (\w+)$/.exec(sql)?.[1] ?? /^insert into "(\w+)"/.exec(sql)?.[1]
    if (word !== undefined) said.push(word)
  }
  const noted = <Method extends typeof all | typeof run>(method: Method) => function (this: StatementSync, ...parameters: never[]) {
    note(this.sourceSQL)
    return (method as (...parameters: never[]) => unknown).apply(this, parameters)
  }
  Object.assign(DatabaseSync.prototype, {
    exec: function (this: DatabaseSync, sql: string) {
      note(sql)
      exec.call(this, sql)
    }
  })
  Object.assign(StatementSync.prototype, { all: noted(all), run: noted(run) })
  t.teardown(() => {
    Object.assign(DatabaseSync.prototype, { exec })
    Object.assign(StatementSync.prototype, { all, run })
  })
  return said
}

t.test('of the commits of a sign-in the last one is durable, and all before it with it; where no audit follows, each one is', async (t) => {
  const audited = await httpsApp(t, { use_email_as_identifier: true })
  const unaudited = await httpsApp(t, { use_email_as_identifier: true, audit: false })
  // The first sign-in of a process also looks for what is over, and that is the last that it does.
  for (const person of ['noel', 'noel']) await audited.simulator.signIn(audited.app, person)
  await unaudited.simulator.signIn(unaudited.app, 'noel')
  const said = listenToSqlite(t)
  await audited.simulator.signIn(audited.app, 'ada')
  t.same(said, ['normal', 'used_attempts', 'users', 'identities', 'identifiers', 'proofs', 'sessions', 'full', 'audit'])
  said.length = 0
  await audited.simulator.signIn(audited.app, 'ada')
  t.same(said, ['normal', 'used_attempts', 'sessions', 'full', 'audit'])
  said.length = 0
  await unaudited.simulator.signIn(unaudited.app, 'ada')
  t.same(said, ['used_attempts', 'users', 'identities', 'identifiers', 'proofs', 'sessions'])
})

t.test('a journey is written down: who, what, when, by which evidence, with what outcome', async (t) => {
  const test = await httpsApp(t, { use_email_as_identifier: true, allow_email_account_merge: true })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const { id } = (await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json()
  test.clock.now += 1_000
  await test.simulator.signIn(test.app, 'mallory', { headers: program })
  await signOut(test, cookie)
  const entries = (await test.app.audit.list()).reverse()
  const evidence = [{ kind: 'domain_owner_verified', score: 90 }, { kind: 'upn', score: 50 }]
  const who = { userId: id, identity: ada, row: 'E2', code: null, requestId: /^req-/, at: test.clock.now - 1_000 }
  t.match(entries, [
    { type: 'user_created', ...who },
    { type: 'identifier_added', ...who },
    { type: 'signed_in', ...who, evidence: evidence.slice(0, 1) },
    { type: 'refused', userId: null, row: 'C3', code: 'email_in_use', reason: 'linking_C3', evidence: [{ kind: 'asserted', score: 20 }], at: test.clock.now },
    { type: 'signed_out', userId: id, identity: ada, address: null }
  ])
  t.equal(entries.length, 5)
  t.equal(new Set(entries.slice(0, 3).map(({ requestId }) => requestId)).size, 1, 'what belongs together can be told by the request')
  t.equal(entries[0]!.address, entries[3]!.address, 'an address can be recognised')
  t.same((await test.app.audit.export(id)).length, 4)
})

t.test('no address, token, code or cookie is in the table, whatever happens', async (t) => {
  const canaries = new Set<string>()
  const test = await httpsApp(t, { use_email_as_identifier: true, allow_email_account_merge: true })
  test.simulator.setTokenResponseHook((response) => {
    for (const token of [response.id_token, response.access_token]) canaries.add(String(token))
    return response
  })
  for (const { claims, username } of test.simulator.accounts) [username, claims.email, claims.upn].forEach((value) => { if (typeof value === 'string') canaries.add(value) })
  for (const account of ['ada', 'ada-home', 'adam', 'mallory', 'grace', 'udo', 'carl']) {
    const { cookies, cookie } = await test.simulator.signIn(test.app, account, { headers: program })
    Object.values(cookies).forEach((value) => canaries.add(value))
    await signOut(test, cookie)
  }
  const table = JSON.stringify(await rowsOf(test, 'audit'))
  t.ok((await rowsOf(test, 'audit')).length >= 15)
  t.same([...canaries].filter((canary) => table.includes(canary) || test.log().includes(canary)), [], 'X01, X03')
  const open = await httpsApp(t, { auditAddresses: true })
  await open.simulator.signIn(open.app, 'ada')
  t.match(await rowsOf(open, 'audit'), [{ address: 'ada@contoso.example' }, { address: 'ada@contoso.example' }], 'the positive control, where the operator asked for addresses')
})

t.test('strangers cannot fill the table', async (t) => {
  const test = await httpsApp(t)
  for (const url of ['/auth/microsoft/callback', '/auth/microsoft/callback?code=a&code=b', '/auth/microsoft/callback?state=x&code=y', '/auth/microsoft/login?return_to=https://evil.example']) {
    for (const method of ['GET', 'POST'] as const) await test.app.inject({ method, url, headers: program })
  }
  await test.app.inject({ method: 'POST', url: '/auth/logout', headers: { ...program, origin: 'https://evil.example' } })
  await test.simulator.signIn(test.app, 'carl', { headers: program })
  t.same(await rowsOf(test, 'audit'), [])
})

t.test('a sign-in that cannot be written down is none: no session, no cookie, and it heals', async (t) => {
  const told: string[] = []
  const test = await httpsApp(t, { onEvent: ({ type }: AuthEvent) => { told.push(type) } })
  const mend = await breakAudit(test)
  const { response, cookie } = await test.simulator.signIn(test.app, 'ada', { headers: program })
  t.match(response.json(), { statusCode: 503, code: 'store_unavailable' })
  t.equal(cookie, '')
  t.same(await rowsOf(test, 'sessions'), [])
  t.same(told, ['user_created', 'refused'], 'what has happened is told all the same')
  t.match(test.log(), /"reason":"SQLITE_CONSTRAINT".*an event could not be kept/)
  await mend()
  const again = await test.simulator.signIn(test.app, 'ada')
  t.equal((await test.app.inject({ url: '/me', headers: { ...program, cookie: again.cookie } })).statusCode, 200)
  t.equal((await rowsOf(test, 'users')).length, 1)
  t.match(await rowsOf(test, 'audit'), [{ type: 'signed_in' }])
})

t.test('an audit that fails hides no refusal, and keeps nobody signed in', async (t) => {
  const test = await httpsApp(t, { allow_email_account_merge: true, use_email_as_identifier: true })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  await breakAudit(test)
  const { response } = await test.simulator.signIn(test.app, 'mallory', { headers: program })
  t.match(response.json(), { statusCode: 409, code: 'email_in_use' })
  t.equal((await signOut(test, cookie)).statusCode, 204)
  t.same(await rowsOf(test, 'sessions'), [])
})

t.test('who is deleted is forgotten by the audit as well', async (t) => {
  const test = await httpsApp(t, { use_email_as_identifier: true })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const { id } = (await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json()
  await test.simulator.signIn(test.app, 'pat')
  await test.app.accounts.delete(id)
  const entries = await test.app.audit.list()
  const [deleted] = entries
  t.match(deleted, { type: 'user_deleted', userId: id })
  const ofAda = entries.filter(({ userId }) => userId === id)
  t.ok(ofAda.length >= 4)
  for (const { identity, address } of ofAda) t.same([identity, address], [null, null])
  t.ok(entries.filter(({ userId }) => userId !== id).every(({ identity, address }) => identity !== null && address !== null), 'and nobody else is')
})

t.test('an entry is kept for as long as the option says, by the application\'s clock', async (t) => {
  const test = await httpsApp(t, { auditRetention: day })
  await test.simulator.signIn(test.app, 'ada')
  test.clock.now += day + 1
  for (let time = 0; time < 16; time++) await test.simulator.signIn(test.app, 'pat')
  const entries = await rowsOf(test, 'audit')
  t.equal(entries.length, 17)
  t.notOk(entries.some(({ oid }) => oid === ada.oid))
})

t.test('without an audit nothing is written, and nothing else changes', async (t) => {
  const test = await httpsApp(t, { audit: false })
  t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303)
  t.same(await rowsOf(test, 'audit'), [])
  t.notOk(test.app.hasDecorator('audit'))
  t.same(await signInOf(test.app).auditOf('anybody'), [])
})

t.test('the audit has the name that the application gives it', async (t) => {
  const before = (app: TestApp['app']): unknown => app.decorate('audit', 'mine' as never)
  await t.rejects(httpsApp(t, {}, { before }), { message: /app\.audit belongs to another plugin.*"auditDecorator"/ })
  const { app } = await httpsApp(t, { auditDecorator: 'trail' }, { before })
  t.same(await (app as unknown as { trail: TestApp['app']['audit'] }).trail.list(), [])
})

t.test('wrong options are refused at boot, and the plugin needs the provider', async (t) => {
  for (const [wrong, name] of [[{ audit: 'no' }, 'audit'], [{ auditAddresses: 1 }, 'auditAddresses'], [{ auditRetention: 1_000 }, 'auditRetention'], [{ auditDecorator: 'a b' }, 'auditDecorator']] as const) {
    await t.rejects(httpsApp(t, wrong as never), { message: new RegExp(`"${name}" must be`) })
  }
  const app = Fastify()
  t.teardown(async () => await app.close())
  await t.rejects(async () => await app.register(audit), { message: /fastify-entra\/provider/ })
})
