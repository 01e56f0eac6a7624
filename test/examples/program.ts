import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { reservePort } from '../ports.ts'

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

/** Starts an example and waits until it answers, at a port of its own unless one is given. */
export async function startExample (file: string, environment: Record<string, string> = {}, cwd: string = root, tries = 20): Promise<Program> {
  const port = environment.PORT ?? String(await reservePort())
  const baseUrl = `http://localhost:${port}`
  const startedAt = performance.now()
  const child = spawn(process.execPath, ['-C', 'fastify-entra:source', resolve(root, 'examples', file)], {
    cwd, env: { ...bareEnvironment(), ...environment, PORT: port, BASE_URL: baseUrl }, stdio: ['ignore', 'pipe', 'pipe']
  })
  const running = { output: '', isOver: false }
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { running.output += String(chunk) })
  child.on('close', () => { running.isOver = true })
  await untilItAnswers(baseUrl, child, running)
  const bootTime = performance.now() - startedAt
  if (running.isOver) {
    if (tries === 1 || !running.output.includes('EADDRINUSE')) throw new Error(`the example ended with ${child.exitCode}:\n${running.output}`)
    // Somebody took the port meanwhile: there is another one, or this one is free in a moment.
    await wait(500)
    return await startExample(file, environment, cwd, tries - 1)
  }
  // The simulator makes its keys when they are first asked for. It takes a while, and a token request has a time-out.
  await fetch(`${baseUrl}/microsoft-simulator/common/discovery/v2.0/keys`)
  return { baseUrl, output: () => running.output, bootTime, stop: async () => await stop(child) }
}

const readByExamples = ['AUTHORITY', 'BASE_URL', 'CLIENT_ID', 'CLIENT_SECRET', 'DATABASE', 'DATABASE_URL', 'HOST', 'LOG_LEVEL', 'NODE_ENV', 'PORT', 'REDIS_URL', 'SECRETS', 'TRUST_PROXY']

/** The environment of this process, without what somebody may have set for an application of theirs. */
export function bareEnvironment (): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !readByExamples.includes(name)))
}

/** Waits until it answers or has ended. It has ten minutes: a busy machine needs many seconds. */
async function untilItAnswers (baseUrl: string, child: ChildProcess, running: { readonly output: string, readonly isOver: boolean }): Promise<void> {
  for (let tries = 0; tries < 12_000; tries++) {
    const isThere = running.isOver || await fetch(baseUrl, { redirect: 'manual' }).then(() => true, () => false)
    if (isThere) return
    await wait(50)
  }
  await stop(child)
  throw new Error(`the example does not answer:\n${running.output}`)
}

async function stop (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
