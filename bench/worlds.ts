import { ourSite, signIn, type Site, visit } from './browser.ts'
import { fill, removeSince } from './fill.ts'
import { type Clocks, type Cost, measure } from './measure.ts'
import { personOf } from './people.ts'
import { fromSources, type Program, start } from './program.ts'
import { figure } from './report.ts'
import { type Engine, openRows, type Rows } from './rows.ts'

/** A database with so many people. */
export interface World {
  readonly users: number
  readonly location: string
  readonly rows: Rows
  /** What is older was there at first, in milliseconds since 1970. */
  readonly since: number
}

/** What each operation cost. */
export interface Round { readonly first: Cost, readonly repeat: Cost, readonly visit: Cost }

/** What servers are started with. */
export interface Setting {
  /** Origin of Microsoft's part. */
  readonly authority: string
  /** The sources run, and not what is built. */
  readonly source: boolean
}

/** How much is done in a round. */
export interface Turn {
  readonly signIns: number
  readonly visits: number
  readonly atOnce: number
  /** From 0: each has other people. */
  readonly round: number
  /** Processor time of the database so far, where it is a process of its own. */
  readonly database: (() => number) | undefined
}

/** Who comes again after whom: far apart, and everybody before anybody a second time. */
const stride = 7_919

/** One person signs in, and the others are made after this example. */
export async function makeWorld (engine: Engine, location: string, users: number, setting: Setting): Promise<World> {
  const startedAt = performance.now()
  const [server] = await startServers(location, 1, setting)
  await signIn(ourSite(server!), 0)
  await server!.stop()
  const rows = await openRows(engine, location)
  await fill(rows, users)
  const since = Date.now()
  console.log(`${engine}: ${figure(users)} people, made in ${figure((performance.now() - startedAt) / 1_000)} s`)
  return { users, location, rows, since }
}

/** So many servers that share a database. */
export async function startServers (database: string, count: number, { authority, source }: Setting): Promise<Program[]> {
  const programs: Program[] = []
  for (let index = 0; index < count; index++) programs.push(await start('servers/ours.ts', [{ authority, database }], fromSources(source)))
  return programs
}

/** What is done at the servers of a database in one round. It ends with as many people as it began with. */
export async function takeTurn ({ users, rows, since }: World, programs: readonly Program[], { signIns, visits, atOnce, round, database }: Turn): Promise<Round> {
  const clocks: Clocks = { servers: () => programs.reduce((sum, program) => sum + program.busy(), 0), database }
  const siteFor = (index: number): Site => ourSite(programs[index % programs.length]!)
  const cookies: Array<[cookie: string, email: string]> = []
  const begin = async (person: number, index: number): Promise<void> => { cookies[index] = [await signIn(siteFor(index), person), personOf(person).email] }
  const first = await measure(clocks, signIns, atOnce, async (index) => await begin(users + round * signIns + index, index))
  const repeat = await measure(clocks, signIns, atOnce, async (index) => await begin((round * signIns + index) * stride % users, index))
  // Everybody asks now this server and now the other.
  const visited = await measure(clocks, visits, atOnce, async (index) => await visit(siteFor(index + Math.floor(index / signIns)), ...cookies[index % signIns]!))
  await check(rows, { users: users + signIns, identities: users + signIns, identifiers: users + signIns, proofs: users + signIns, sessions: users + 2 * signIns })
  await removeSince(rows, since)
  await check(rows, { users, identities: users, sessions: users })
  return { first, repeat, visit: visited }
}

/** Throws where the tables do not have so many rows: who came again must have been known, and who came first not. */
async function check (rows: Rows, expected: Readonly<Record<string, number>>): Promise<void> {
  for (const [table, count] of Object.entries(expected)) {
    const [row] = await rows.all(`select count(*) as count from ${table}`)
    if (Number(row!.count) !== count) throw new Error(`${table} has ${String(row!.count)} rows, and not ${count}`)
  }
}
