import { mkdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import type { Site } from './browser.ts'
import { fromSources, type Program, start } from './program.ts'

/** A server under measurement, in a process of its own. */
export interface Contestant {
  readonly name: string
  readonly site: Site
  readonly program: Program
  /** Whether people sign in at it. */
  readonly hasPeople: boolean
  /** Throws where its database does not hold what so many sign-ins of so many people leave. */
  readonly check: (people: number, signIns: number) => void
}

/** What the contestants are started with. */
export interface Setting {
  /** Origin of Microsoft's part. */
  readonly authority: string
  /** Folder of their databases. */
  readonly folder: string
  /** Our sources run, and not what is built. */
  readonly source: boolean
  /** Further arguments of Node, for profiles. */
  readonly execArgv: (name: string) => readonly string[]
}

type Expected = Readonly<Record<string, (people: number, signIns: number) => number>>

/** Ours, the hand-written one and Fastify alone. */
export async function startContestants ({ authority, folder, source, execArgv }: Setting): Promise<Contestant[]> {
  mkdirSync(folder, { recursive: true })
  const begin = async (name: string, file: string, login: string, expected: Expected): Promise<Contestant> => {
    const database = join(folder, `${file}.sqlite`)
    const program = await start(`servers/${file}.ts`, [{ authority, database }], [...fromSources(source), ...execArgv(file)])
    return { name, program, site: { port: program.port, login, me: '/me' }, hasPeople: login !== '', check: (people, signIns) => checkRows(database, expected, people, signIns) }
  }
  return [
    await begin('bare Fastify', 'bare', '', {}),
    await begin('hand-written', 'hand-written', '/login', { 'select count(*) as count from users': (people) => people }),
    await begin('fastify-entra', 'ours', '/auth/microsoft/login', {
      'select count(*) as count from users': (people) => people,
      'select count(*) as count from identities where last_sign_in_at is not null': (people) => people,
      'select count(*) as count from identifiers where verified = 1': (people) => people,
      'select count(*) as count from sessions': (_people, signIns) => signIns,
      "select count(*) as count from audit where type = 'signed_in'": (_people, signIns) => signIns
    })
  ]
}

function checkRows (database: string, expected: Expected, people: number, signIns: number): void {
  if (Object.keys(expected).length === 0) return
  const db = new DatabaseSync(database, { readOnly: true })
  for (const [query, count] of Object.entries(expected)) {
    const found = db.prepare(query).get()!.count
    if (found !== count(people, signIns)) throw new Error(`${database}: after ${signIns} sign-ins of ${people} people, ${query} gives ${String(found)}`)
  }
  db.close()
}
