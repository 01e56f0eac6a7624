import { personInSql, personOf } from './people.ts'
import type { Engine, Rows } from './rows.ts'

type Row = Record<string, unknown>

const atOnce = 50_000
const second = 1_000

/**
 * Fills a database in which person 0 has signed in once with as many others, up to `users`: each gets the very rows
 * that this sign-in has left, with ids, address and hashes of their own. So they are what the server writes, whatever that is.
 */
export async function fill (rows: Rows, users: number): Promise<void> {
  const [user] = await rows.all('select * from users')
  const id = String(user!.id)
  const now = Date.now()
  const of = async (table: string): Promise<Row[]> => await rows.all(`select * from ${table} where user_id = '${id}'`)
  const inserts = [
    insertOf('users', user!, { id }, rows.engine)
  ]
  for (const table of ['identities', 'identifiers', 'proofs', 'sessions', 'audit']) {
    inserts.push(...(await of(table)).map((row) => insertOf(table, row, { id, now, users }, rows.engine)))
  }
  for (const insert of inserts) {
    for (let from = 1; from < users; from += atOnce) await rows.run(insert(from, Math.min(from + atOnce, users) - 1))
  }
  // PostgreSQL does this by itself, and was told not to; SQLite does not.
  for (const statement of rows.engine === 'postgresql' ? ['vacuum analyze', 'checkpoint'] : ['pragma wal_checkpoint(truncate)']) await rows.run(statement)
}

/** Takes away who has come since, and what was done since: the next round begins as this one did. */
export async function removeSince (rows: Rows, since: number): Promise<void> {
  const newcomers = `(select id from users where created_at >= ${since})`
  for (const table of ['identities', 'identifiers', 'proofs']) await rows.run(`delete from ${table} where user_id in ${newcomers}`)
  await rows.run(`delete from users where created_at >= ${since}`)
  await rows.run(`delete from sessions where created_at >= ${since}`)
  await rows.run(`delete from audit where happened_at >= ${since}`)
  await rows.run('delete from used_attempts')
  await rows.run(rows.engine === 'postgresql' ? 'vacuum' : 'pragma wal_checkpoint(truncate)')
}

interface Template { readonly id: string, readonly now?: number, readonly users?: number }

/** The statement that gives people of some numbers a row like this one. */
function insertOf (table: string, row: Row, template: Template, engine: Engine): (from: number, to: number) => string {
  const names = Object.keys(row).filter((name) => row[name] !== null)
  const values = names.map((name) => ownValue(table, name, row[name], template, engine) ?? valueOf(row[name], template, engine))
  const columns = names.map((name) => `"${name}"`).join(', ')
  return (from, to) => `with recursive numbers (i) as (select cast(${from} as bigint) union all select i + 1 from numbers where i < ${to}) insert into ${table} (${columns}) select ${values.join(', ')} from numbers`
}

/** Columns that are a hash or a time of their own for each row. */
function ownValue (table: string, name: string, value: unknown, { now = 0, users = 0 }: Template, engine: Engine): string | null {
  const { apart } = personInSql(hexIn(engine))
  const hashed = { sessions: ['key', 'microsoft_session'], audit: ['address'] }[table] ?? []
  if (hashed.includes(name)) return `${apart} || '${String(value).slice(8)}'`
  // A second between one sign-in and the next, up to now; an id of the audit begins with its time.
  const at = `(${now} - (${users} - i) * ${second})`
  if (table === 'audit' && name === 'happened_at') return at
  if (table === 'audit' && name === 'id') return `${hexIn(engine)(at, 12)} || '${String(value).slice(12)}'`
  return null
}

/** A value with the words of person 0 in it made those of person `i`. */
function valueOf (value: unknown, { id }: Template, engine: Engine): string {
  if (typeof value !== 'string') return String(value)
  const zero = personOf(0)
  const { oid, sub, sid, name, email, apart, digits } = personInSql(hexIn(engine))
  const words = new Map([[id, `${apart} || '-0000-4000-9000-' || ${digits}`], [zero.oid, oid], [zero.sub, sub], [zero.sid, sid], [zero.name, name], [zero.email, email]])
  const parts = value.split(new RegExp(`(${[...words.keys()].map((word) => word.replaceAll('.', '\\.')).join('|')})`))
  return parts.filter((part) => part !== '').map((part) => words.get(part) ?? `'${part.replaceAll("'", "''")}'`).join(' || ') || "''"
}

function hexIn (engine: Engine): (value: string, digits: number) => string {
  return engine === 'sqlite'
    ? (value, digits) => `printf('%0${digits}x', ${value})`
    : (value, digits) => `lpad(to_hex(cast(${value} as bigint)), ${digits}, '0')`
}
