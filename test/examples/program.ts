import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const root = join(import.meta.dirname, '../..')

/** An example that runs as a program of its own. */
export interface Program {
  readonly baseUrl: string
  /** What it has written so far. */
  readonly output: () => string
  /** Milliseconds from start to the first answer. */
  readonly bootTime: number
  /** Ends it, as an operator would. */
  readonly stop: () => Promise<void>
}

/** Starts an example and waits until it answers. */
export async function startExample (file: string, environment: Record<string, string> = {}, cwd: string = root): Promise<Program> {
  const port = environment.PORT ?? String(await freePort())
  const baseUrl = `http://localhost:${port}`
  const startedAt = performance.now()
  const child = spawn(process.execPath, ['-C', 'fastify-entra:source', resolve(root, 'examples', file)], {
    cwd, env: { ...process.env, ...environment, PORT: port, BASE_URL: baseUrl }, stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  child.stdout.on('data', (chunk) => { output += String(chunk) })
  child.stderr.on('data', (chunk) => { output += String(chunk) })
  await untilItAnswers(baseUrl, child, () => output)
  return { baseUrl, output: () => output, bootTime: performance.now() - startedAt, stop: async () => await stop(child) }
}

async function untilItAnswers (baseUrl: string, child: ChildProcess, output: () => string): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++) {
    if (child.exitCode !== null) throw new Error(`the example ended with ${child.exitCode}:\n${output()}`)
    try {
      await fetch(baseUrl, { redirect: 'manual' })
      return
    } catch {
      await wait(50)
    }
  }
  await stop(child)
  throw new Error(`the example does not answer:\n${output()}`)
}

async function stop (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** A port that nobody listens on. */
export async function freePort (): Promise<number> {
  const server = createServer().listen(0, 'localhost')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
