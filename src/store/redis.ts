import { ConfigurationError, refuse } from '../core/errors.ts'

/** Milliseconds that an answer, and a connection, may take: a browser waits in front of each. */
const defaultPatience = 5_000

/** Milliseconds between two tries to connect: doubled each time, up to the second number. */
const firstPause = 50
const longestPause = 2_000

/** Replies of a server that cannot be written to any more, such as a primary that became a replica: another connection may lead to another server. */
const deadEnds: ReadonlySet<string> = new Set(['READONLY', 'MASTERDOWN'])

/** A connection to Redis or Valkey that comes back by itself. */
export interface Redis {
  /** What every key of ours starts with. */
  readonly prefix: string
  /**
   * Sends one command and gives the reply as RESP 2 has it.
   *
   * @throws store_unavailable: without a connection at once, else where no answer comes in time or the server
   * refuses; the reason is the first word of its reply (`WRONGTYPE`, `OOM`, `NOPERM` …) or of the failure.
   */
  send: (...command: string[]) => Promise<unknown>
  /** Ends the connection. What is under way is refused; closing it twice is no error. */
  close: () => void
}

/** Where the server is, and who is told of it. */
export interface RedisSettings {
  /** `redis://` or `rediss://`, with user, password, port and database number as far as they are needed. */
  readonly url: string
  /** See {@link Redis}. */
  readonly prefix: string
  /** Called once when the connection is lost, with a short word. */
  readonly onLost: (word: string) => void
  /** Called once when it is back. */
  readonly onBack: () => void
  /** Milliseconds for an answer, and for connecting (default 5000). */
  readonly patience?: number
  /** Loads the package `redis`; for tests. */
  readonly load?: () => Promise<RedisPackage>
}

/** What is taken of the package `redis`, so that its types are asked of nobody who does without it. */
export interface RedisPackage {
  readonly createClient: (options: object) => RedisClient
  readonly ErrorReply: abstract new (...given: never[]) => Error
}

/** What is taken of its client. */
export interface RedisClient {
  readonly isOpen: boolean
  on: (event: 'error', listener: (error: unknown) => void) => unknown
  connect: () => Promise<unknown>
  destroy: () => void
  sendCommand: (command: string[]) => Promise<unknown>
}

/**
 * Connects to a server. Where the connection is lost later, commands are
 * refused at once until it is back, which is tried for as long as it takes.
 *
 * The package's own time limit ends when a command is written, and its own
 * way to connect again never gives up a connection on which nothing is
 * answered; so both are done here.
 *
 * @throws ConfigurationError where the package is missing or the server cannot be used. No message has the password.
 */
export async function openRedis (settings: RedisSettings): Promise<Redis> {
  const { url, prefix, onLost, onBack, patience = defaultPatience } = settings
  const { createClient, ErrorReply } = await loadPackage(settings.load)
  let current: RedisClient | null = null
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  current = await connect().catch((error: unknown) => { throw unusable(url, wordOf(error)) })

  return {
    prefix,
    send,
    close: () => {
      isClosed = true
      clearTimeout(timer)
      if (current !== null) drop(current)
      current = null
    }
  }

  async function connect (): Promise<RedisClient> {
    const client = createClient({
      url,
      RESP: 2,
      disableClientInfo: true,
      disableOfflineQueue: true,
      maintNotifications: 'disabled',
      socket: { connectTimeout: patience, reconnectStrategy: false }
    })
    // Without a listener the event would end the process.
    client.on('error', (error) => lose(client, wordOf(error)))
    try {
      // Something in between may take connections for a server that is not there: only an answer counts.
      await inTime(client.connect().then(async () => await client.sendCommand(['PING'])), patience)
      return client
    } catch (error) {
      drop(client)
      throw error
    }
  }

  async function send (...command: string[]): Promise<unknown> {
    const client = current
    if (client === null) throw refuse('store_unavailable', isClosed ? 'closed' : 'redis_offline')
    try {
      return await inTime(client.sendCommand(command), patience)
    } catch (error) {
      const word = wordOf(error)
      if (!(error instanceof ErrorReply) || deadEnds.has(word)) lose(client, word)
      throw refuse('store_unavailable', word)
    }
  }

  function lose (client: RedisClient, word: string): void {
    if (client !== current) return
    current = null
    drop(client)
    onLost(word)
    connectLater(firstPause)
  }

  function connectLater (pause: number): void {
    timer = setTimeout(() => {
      connect().then(takeUp, () => { if (!isClosed) connectLater(Math.min(2 * pause, longestPause)) })
    }, pause)
  }

  function takeUp (client: RedisClient): void {
    if (isClosed) return drop(client)
    current = client
    onBack()
  }
}

/** The words of `INFO memory` that say what the server forgets when its memory is full; `null` where it forgets nothing, or does not say. */
export async function evictionPolicyOf (redis: Redis): Promise<string | null> {
  const info = String(await redis.send('INFO', 'memory').catch(() => ''))
  const policy = /^maxmemory_policy:([\w-]+)/m.exec(info)?.[1] ?? 'noeviction'
  return policy === 'noeviction' || /^maxmemory:0\r?$/m.test(info) ? null : policy
}

async function loadPackage (load: RedisSettings['load'] = importPackage): Promise<RedisPackage> {
  try {
    return await load()
  } catch (error) {
    throw new ConfigurationError(`fastify-entra: option "redis" needs the package "redis", which cannot be loaded (${wordOf(error)}). Install it: npm install redis`)
  }
}

/** Loaded only where the option is given: the package is an optional peer. */
async function importPackage (): Promise<RedisPackage> {
  return await import('redis') as unknown as RedisPackage
}

function drop (client: RedisClient): void {
  if (client.isOpen) client.destroy()
}

async function inTime<Result> (work: Promise<Result>, patience: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error(), { code: 'REDIS_TIMEOUT' })), patience)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** A word for a failure. Never the message: the server's may quote the command, and the package's the address. */
function wordOf (error: unknown): string {
  const { code, message } = error as { code?: unknown, message?: unknown }
  if (typeof code === 'string') return code
  return /^[A-Z]{2,}(?= |$)/.exec(String(message))?.[0] ?? 'redis_connection'
}

/** The server as an operator knows it, without user and password. */
function unusable (url: string, word: string): Error {
  const { protocol, host, pathname } = new URL(url)
  return new ConfigurationError(`fastify-entra: option "redis": the server at ${protocol}//${host}${pathname} cannot be used (${word}). Start it, or give another address${remedies[word] ?? ''}.`)
}

const remedies: Readonly<Record<string, string>> = {
  WRONGPASS: '; user or password are wrong',
  NOAUTH: '; it asks for a password, as in redis://:password@host:6379',
  NOPERM: '; its user may not run ping',
  ERR: '; it may be that it knows no password, or not that many databases'
}
