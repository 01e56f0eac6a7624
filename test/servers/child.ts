import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A server in a process of its own. */
export interface Child {
  readonly port: number
  /** What it wrote to its standard output and error. */
  readonly output: () => string
  /** Ends it without a warning: `kill -9`. */
  readonly kill: () => Promise<void>
  /** Tells it to end, and says how it did: SIGTERM. */
  readonly terminate: () => Promise<Ending>
}

/** How a process came to its end. */
export interface Ending {
  /** `null` where it was killed in the end, after half a minute. */
  readonly code: number | null
  /** How long it took. */
  readonly milliseconds: number
}

/** A mail that a server would have sent. */
export interface SentMail { readonly to: string, readonly text: string }

/** Starts a server and waits until it listens. */
export async function startChild (options: object, onMail: (mail: SentMail) => void): Promise<Child> {
  return await startProgram('server.ts', [options], onMail)
}

/** Starts a program of this folder that tells when it listens. */
export async function startProgram (file: string, options: readonly object[], onMail: (mail: SentMail) => void = () => {}): Promise<Child> {
  const child = fork(join(import.meta.dirname, file), options.map((one) => JSON.stringify(one)), { silent: true })
  let output = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => { output += String(chunk) })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${output}`)))
    child.on('message', (message: { port?: number, mail?: SentMail }) => {
      if (message.port !== undefined) resolve(message.port)
      if (message.mail !== undefined) onMail(message.mail)
    })
  })
  return { port, output: () => output, kill: async () => await end(child), terminate: async () => await terminate(child) }
}

async function end (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

async function terminate (child: ChildProcess): Promise<Ending> {
  const since = performance.now()
  const ended = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000)
  child.kill('SIGTERM')
  const [code] = await ended as [number | null]
  clearTimeout(timer)
  return { code, milliseconds: performance.now() - since }
}
