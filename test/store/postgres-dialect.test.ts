import { Kysely, sql } from 'kysely'
import t from 'tap'
import { type PostgresClient, postgresDialect, type PostgresPool } from '../../src/store/postgres-dialect.ts'
import type { Schema } from '../../src/store/schema.ts'

interface Script { readonly connect?: Error, readonly answers?: Readonly<Record<string, Error | string>> }

const reported = (code: string) => Object.assign(new Error('quotes ann@example.com'), { code, severity: 'ERROR' })

/** A pool of one connection that answers as the script says, and notes what it was asked. */
function scripted ({ connect, answers = {} }: Script): { db: Kysely<Schema>, asked: string[] } {
  const asked: string[] = []
  const client: PostgresClient = {
    query: async (text) => {
      asked.push(text)
      const answer = answers[text]
      if (answer instanceof Error) throw answer
      return { command: answer ?? text.split(' ')[0]!.toUpperCase(), rowCount: null, rows: [] }
    },
    release: (destroy) => { asked.push(destroy ? 'destroyed' : 'given back') }
  }
  const pool: PostgresPool = {
    connect: async () => {
      if (connect !== undefined) throw connect
      return client
    },
    end: async () => { await new Promise(() => {}) }
  }
  return { db: new Kysely<Schema>({ dialect: postgresDialect(pool, { begin: 'begin', patience: 5 }) }), asked }
}

const unavailable = (reason: string) => ({ code: 'store_unavailable', statusCode: 503, detail: { reason } })
const one = async (db: Kysely<Schema>) => await sql`one`.execute(db)

t.test('where there is no connection, the reason is a word, and the error is left behind', async (t) => {
  const errors: Array<[Error, string]> = [
    [Object.assign(new Error('connect ECONNREFUSED 10.0.0.5:5432'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [new Error('timeout exceeded when trying to connect'), 'timeout'],
    [new Error('The server does not support SSL connections'), 'no_tls'],
    [new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'), 'no_password'],
    [new Error('Connection terminated unexpectedly'), 'connection_lost']
  ]
  for (const [connect, reason] of errors) await t.rejects(one(scripted({ connect }).db), unavailable(reason))
  await t.rejects(one(scripted({ connect: reported('53300') }).db), { code: '53300' }, 'what the server itself says is for the caller to read')
})

t.test('a connection that has failed is given back to nobody, and nothing more is asked of it', async (t) => {
  for (const error of [new Error('Connection terminated unexpectedly'), new Error('Query read timeout'), Object.assign(new Error(), { code: 'EPIPE' }), reported('57P01'), reported('08006'), reported('25P03')]) {
    const { db, asked } = scripted({ answers: { one: error } })
    await t.rejects(db.transaction().execute(async (transaction) => {
      await one(transaction).catch(() => {})
      await sql`two`.execute(transaction)
    }), unavailable('connection_lost'))
    t.same(asked, ['begin', 'one', 'destroyed'])
  }
})

t.test('a statement that has failed is rolled back, and the connection used again', async (t) => {
  const { db, asked } = scripted({ answers: { one: reported('23505') } })
  await t.rejects(db.transaction().execute(one), { code: '23505' })
  t.same(asked, ['begin', 'one', 'rollback', 'given back'])
})

t.test('a transaction that has begun although its beginning failed is over before anybody else comes', async (t) => {
  const { db, asked } = scripted({ answers: { begin: reported('55P03') } })
  await t.rejects(db.transaction().execute(one), { code: '55P03' })
  t.same(asked, ['begin', 'rollback', 'given back'])
})

t.test('a connection that cannot even roll back is given back to nobody', async (t) => {
  const { db, asked } = scripted({ answers: { one: reported('23505'), rollback: reported('XX000') } })
  await t.rejects(db.transaction().execute(one), { code: '23505' }, 'the first error is the one that is seen')
  t.same(asked, ['begin', 'one', 'rollback', 'destroyed'])
})

t.test('a commit that the server turned into a rollback is none', async (t) => {
  const { db } = scripted({ answers: { commit: 'ROLLBACK' } })
  await t.rejects(db.transaction().execute(one), unavailable('transaction_aborted'))
})

t.test('text with a NUL in it does not reach the server (E20)', async (t) => {
  const { db, asked } = scripted({})
  await t.rejects(sql`select ${'a\0b'}`.execute(db), { code: 'invalid_request', detail: { reason: 'nul_in_text' } })
  t.same(asked, ['given back'])
})

t.test('closing does not wait for ever for a server that has stopped answering', async (t) => {
  const { db } = scripted({})
  await one(db)
  const holdOn = setInterval(() => {}, 1_000)
  await db.destroy()
  clearInterval(holdOn)
  t.pass('it is closed')
})
