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
  return { port, output: () => output, kill: async () => await end(child) }
}

async function end (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
