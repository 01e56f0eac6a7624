import { personInSql, personOf } from './people.ts'
import type { Engine, Rows } from './rows.ts'

type Row = Record<string, unknown>

const atOnce = 50_000
const second = 1_000
const week = 7 * 86_400 * second

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
    insertOf('users', user!, { id, now, users }, rows.engine)
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

interface Template { readonly id: string, readonly now: number, readonly users: number }

/** The statement that gives people of some numbers a row like this one. */
function insertOf (table: string, row: Row, template: Template, engine: Engine): (from: number, to: number) => string {
  const names = Object.keys(row).filter((name) => row[name] !== null)
  const values = names.map((name) => ownValue(table, name, row[name], template, engine) ?? valueOf(row[name], template, engine))
  const columns = names.map((name) => `"${name}"`).join(', ')
  return (from, to) => `with recursive numbers (i) as (select cast(${from} as bigint) union all select i + 1 from numbers where i < ${to}) insert into ${table} (${columns}) select ${values.join(', ')} from numbers`
}

/** Columns that are a hash or a time of their own for each row. */
function ownValue (table: string, name: string, value: unknown, template: Template, engine: Engine): string | null {
  const { apart } = personInSql(hexIn(engine))
  const hashed = { sessions: ['key', 'microsoft_session'], audit: ['address'] }[table] ?? []
  if (hashed.includes(name)) return `${apart} || '${String(value).slice(8)}'`
  const at = timeOf(template)
  // An id of the audit begins with its time.
  if (table === 'audit' && name === 'happened_at') return at
  if (table === 'audit' && name === 'id') return `${hexIn(engine)(at, 12)} || '${String(value).slice(12)}'`
  return null
}

/** When person `i` came: a second between one sign-in and the next, up to now. */
function timeOf ({ now, users }: Template): string {
  return `(${now} - (${users} - i) * ${second})`
}

/** The id of the user that person `i` is: it begins with the week in which they came first. */
function userIdOf (template: Template, engine: Engine): string {
  const { apart, digits } = personInSql(hexIn(engine))
  const time = hexIn(engine)(`(${timeOf(template)} / ${week} * ${week})`, 12)
  const part = (of: string, from: number, length: number): string => `substr(${of}, ${from}, ${length})`
  return `${part(time, 1, 8)} || '-' || ${part(time, 9, 4)} || '-7' || ${part(apart, 1, 3)} || '-9' || ${part(apart, 4, 3)} || '-' || ${digits}`
}

/** A value with the words of person 0 in it made those of person `i`. */
function valueOf (value: unknown, template: Template, engine: Engine): string {
  if (typeof value !== 'string') return String(value)
  const zero = personOf(0)
  const { oid, sub, sid, name, email } = personInSql(hexIn(engine))
  const words = new Map([[template.id, userIdOf(template, engine)], [zero.oid, oid], [zero.sub, sub], [zero.sid, sid], [zero.name, name], [zero.email, email]])
  const parts = value.split(new RegExp(`(${[...words.keys()].map((word) => word.replaceAll('.', '\\.')).join('|')})`))
  return parts.filter((part) => part !== '').map((part) => words.get(part) ?? `'${part.replaceAll("'", "''")}'`).join(' || ') || "''"
}

function hexIn (engine: Engine): (value: string, digits: number) => string {
  return engine === 'sqlite'
    ? (value, digits) => `printf('%0${digits}x', ${value})`
    : (value, digits) => `lpad(to_hex(cast(${value} as bigint)), ${digits}, '0')`
}
