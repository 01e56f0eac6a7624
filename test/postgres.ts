import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import type { Test } from 'tap'
import { openDatabase } from '../src/store/open.ts'
import { postgresBin } from './services.ts'

/** A PostgreSQL of a test's own, reached by a Unix socket, so that no port is taken. */
export interface PostgresServer {
  /** Folder of the socket and all else. */
  readonly folder: string
  /** Makes a database and gives its URL. It has our tables already, unless it is to be `empty`. */
  readonly createDatabase: (what?: 'empty') => Promise<string>
  /** Runs a statement as the superuser and gives its rows. */
  readonly query: (sql: string, database?: string) => Promise<Array<Record<string, unknown>>>
  /** Stops the server as a crash would, and starts it again. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  /** Stops it and removes all that there was. */
  readonly end: () => Promise<void>
}

// Reads a word at a time: start or stop. When nobody is there any more who could say one (this process ended, in
// whatever way), the server goes, too, and all that it wrote.
const supervisor = `
  bin=$1; folder=$2; shift 2
  trap '' INT TERM HUP
  "$bin/initdb" -D "$folder/data" -U postgres -A trust -N --wal-segsize=1 -E UTF8 --locale=C --locale-provider=icu --icu-locale=en >"$folder/log" 2>&1
  while read -r word; do
    case $word in
      start) "$bin/pg_ctl" -D "$folder/data" -w -t 60 -l "$folder/log" -o "-k $folder $*" start >>"$folder/log" 2>&1 ;;
      stop) "$bin/pg_ctl" -D "$folder/data" -w -m immediate stop >>"$folder/log" 2>&1 ;;
    esac
    if [ $? = 0 ]; then echo done; else tr '\\n' ' ' <"$folder/log"; echo; fi
  done
  "$bin/pg_ctl" -D "$folder/data" -w -m immediate stop >/dev/null 2>&1
  rm -rf "$folder"`

// A crash of the server keeps what was acknowledged; a power cut need not: nothing here outlives the test.
const careless = '-c listen_addresses= -c fsync=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 -c max_connections=300'

// For measuring: what was acknowledged is on the disk, and nothing tidies up behind a measurement's back.
const careful = '-c listen_addresses= -c autovacuum=off -c max_wal_size=2GB -c checkpoint_timeout=1h -c shared_buffers=1GB'

let shared: Promise<PostgresServer> | undefined

/** The PostgreSQL of this process: started when it is first asked for, gone when the process ends. */
export async function sharedPostgres (): Promise<PostgresServer> {
  shared ??= launch(careless)
  return await shared
}

/** A PostgreSQL that ends with the test; where a `port` is given, it listens there as well, on this machine. */
export async function startPostgres (t: Pick<Test, 'teardown'>, port?: number): Promise<PostgresServer> {
  const server = await launch(port === undefined ? careless : `${careless} -c listen_addresses=localhost -c port=${port}`, port)
  t.teardown(server.end)
  return server
}

/** A PostgreSQL that keeps what it has acknowledged, in a folder of its own below one that everybody may enter. It ends with the process, if not before. */
export async function startDurablePostgres (below: string): Promise<PostgresServer> {
  return await launch(careful, 5432, below)
}

async function launch (settings: string, port = 5432, below = fastestFolder()): Promise<PostgresServer> {
  const folder = mkdtempSync(join(below, 'entra-pg-'))
  const owner = unprivileged()
  if (owner !== null) chownSync(folder, owner.uid, owner.gid)
  const child = spawn('sh', ['-c', supervisor, 'sh', postgresBin!, folder, ...settings.split(' ')], {
    ...owner, cwd: folder, detached: true, env: { PATH: process.env.PATH, TZ: 'UTC' }, stdio: ['pipe', 'pipe', 'inherit']
  })
  const handles = [child, child.stdin, child.stdout] as unknown as Array<{ ref: () => void, unref: () => void }>
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]()
  const closed = new Promise((resolve) => child.once('close', resolve))

  const say = async (word: 'start' | 'stop'): Promise<void> => {
    for (const handle of handles) handle.ref()
    child.stdin.write(`${word}\n`)
    const { value } = await answers.next()
    for (const handle of handles) handle.unref()
    if (value !== 'done') throw new Error(`PostgreSQL does not ${word}: ${value}`)
  }
  await say('start')

  let made = 0
  const urlOf = (database: string): string => `postgres://postgres@localhost:${port}/${database}?host=${encodeURIComponent(folder)}`
  const query: PostgresServer['query'] = async (sql, database = 'postgres') => {
    const client = new pg.Client({ host: folder, port, user: 'postgres', database })
    await client.connect()
    return await client.query<Record<string, unknown>>(sql).then(({ rows }) => rows).finally(async () => await client.end())
  }
  const withTables = once(async () => {
    await query('create database entra_template')
    await (await openDatabase(urlOf('entra_template'))).close()
  })
  return {
    folder,
    query,
    createDatabase: async (what) => {
      if (what !== 'empty') await withTables()
      const name = `entra_${++made}`
      await query(`create database ${name} template ${what === 'empty' ? 'template0' : 'entra_template'}`)
      return urlOf(name)
    },
    stop: async () => await say('stop'),
    start: async () => await say('start'),
    end: async () => {
      for (const handle of handles) handle.ref()
      child.stdin.end()
      await closed
    }
  }
}

/** Memory, where there is some to spare: making a database writes some megabytes. */
function fastestFolder (): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    return bavail * bsize > 1e9 ? '/dev/shm' : tmpdir()
  } catch {
    return tmpdir()
  }
}

/** PostgreSQL refuses to run as root. */
function unprivileged (): { uid: number, gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const idOf = (flag: string, user: string): number => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout.trim() || 'NaN')
  const user = Number.isNaN(idOf('-u', 'postgres')) ? 'nobody' : 'postgres'
  return { uid: idOf('-u', user), gid: idOf('-g', user) }
}

function once (work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return async () => await (done ??= work())
}
