import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import type { Test } from 'tap'
import { reservePort } from './ports.ts'
import { redisServer } from './services.ts'
import { temporaryFolder } from './store/database.ts'

/** A Redis of a test's own: nothing is kept on disk, and nobody else can reach it. */
export interface TestRedis {
  /** Where applications find it, also after it was stopped and started. */
  readonly url: string
  readonly port: number
  /** Runs a command straight at the server. */
  readonly command: (...words: string[]) => Promise<unknown>
  /** All keys, sorted. */
  readonly keys: () => Promise<string[]>
  /** Runs `work`, and counts the commands that the server ran meanwhile, those of scripts among them. */
  readonly callsOf: (work: () => Promise<unknown>) => Promise<Record<string, number>>
  /** Kills the server: all that it had is gone. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  /** Cuts the network: the server keeps what it has. */
  readonly cut: () => void
  readonly mend: () => void
  /** The server takes what it is sent and answers nothing. */
  readonly freeze: () => void
  readonly thaw: () => void
}

// Says the server's id, and ends it when nobody is there any more: this process may end in whatever way.
const supervisor = `
  trap '' INT TERM HUP
  "$@" >/dev/null 2>&1 &
  echo $!
  cat >/dev/null
  kill -9 $!`

/**
 * Starts a Redis that ends with the test. It listens at a socket file;
 * applications reach it through a port that this process holds, so that no
 * other program can take it meanwhile.
 *
 * @param kind - `cluster` is a Redis Cluster of one node, which refuses what no cluster allows.
 */
export async function startRedis (t: Pick<Test, 'teardown'>, kind: 'server' | 'cluster' = 'server'): Promise<TestRedis> {
  const folder = temporaryFolder(t)
  const path = join(folder, 'redis.sock')
  const network = await openNetwork(path)
  let server: Server | null = null
  const clustered = kind === 'cluster' ? ['--cluster-enabled', 'yes', '--port', String(await reservePort())] : []
  const command = async (...words: string[]): Promise<unknown> => await runCommand(path, words)
  await start()
  if (kind === 'cluster') await command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  t.teardown(async () => {
    network.close()
    await stop()
  })
  return {
    url: `redis://127.0.0.1:${network.port}`,
    port: network.port,
    command,
    keys: async () => (await command('KEYS', '*') as string[]).sort(),
    callsOf: async (work) => {
      await command('CONFIG', 'RESETSTAT')
      await work()
      return callsOf(String(await command('INFO', 'commandstats')))
    },
    stop,
    start,
    cut: network.cut,
    mend: network.mend,
    freeze: () => { process.kill(server!.id, 'SIGSTOP') },
    thaw: () => { process.kill(server!.id, 'SIGCONT') }
  }

  async function start (): Promise<void> {
    const child = spawn('sh', ['-c', supervisor, 'sh', redisServer, '--port', '0', '--unixsocket', path, '--dir', folder, '--save', '', '--appendonly', 'no', ...clustered], {
      detached: true, stdio: ['pipe', 'pipe', 'inherit']
    })
    const [id] = await once(child.stdout, 'data')
    server = { child, id: Number(id) }
    while (!await answers(path)) await pause(20)
  }

  async function stop (): Promise<void> {
    if (server === null) return
    const { child } = server
    server = null
    const ended = once(child, 'exit')
    child.stdin.end()
    await ended
  }
}

interface Server {
  readonly child: ChildProcessByStdio<Writable, Readable, null>
  readonly id: number
}

/** Waits until `attempt` gives what it should: for what happens by itself in its own time. */
export async function until (attempt: () => Promise<boolean>): Promise<void> {
  while (!await attempt()) await pause(20)
}

async function answers (path: string): Promise<boolean> {
  return await runCommand(path, ['PING']).then((answer) => answer === 'PONG', () => false)
}

async function runCommand (path: string, words: string[]): Promise<unknown> {
  const client = createClient({ RESP: 2, disableClientInfo: true, maintNotifications: 'disabled', socket: { path, tls: false, reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  try {
    return await client.sendCommand(words)
  } finally {
    client.destroy()
  }
}

function callsOf (stats: string): Record<string, number> {
  const calls = [...stats.matchAll(/^cmdstat_([\w|]+):calls=(\d+)/gm)].map(([, name, count]) => [name, Number(count)] as const)
  return Object.fromEntries(calls.filter(([name]) => name !== 'info' && !name!.startsWith('config')))
}

interface Network {
  readonly port: number
  readonly cut: () => void
  readonly mend: () => void
  readonly close: () => void
}

/** Passes what comes at a port on to a socket file. */
async function openNetwork (path: string): Promise<Network> {
  const sockets = new Set<Socket>()
  let isCut = false
  const listener = createServer((near) => {
    if (isCut) return near.destroy()
    const far = connect(path)
    for (const [one, other] of [[near, far], [far, near]] as const) {
      sockets.add(one)
      one.on('error', () => {}).on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  const cut = (): void => {
    isCut = true
    for (const socket of sockets) socket.destroy()
  }
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    cut,
    mend: () => { isCut = false },
    close: () => {
      cut()
      listener.close()
    }
  }
}
