import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A program of the benchmarks that listens. */
export interface Program {
  readonly port: number
  readonly pid: number
  /** Resident memory, in bytes. */
  readonly memory: () => number
  /** Time that the processor has spent on it so far, in microseconds. */
  readonly busy: () => number
  readonly stop: () => Promise<void>
}

const ticks = 100

/** Arguments of Node: our sources run, and not what is built. */
export const fromSources = (source: boolean): string[] => source ? ['-C', 'fastify-entra:source'] : []

/** A folder that goes when this process ends. */
export function temporaryFolder (): string {
  const folder = mkdtempSync(join(tmpdir(), 'fastify-entra-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * Starts a program of this folder and waits until it listens.
 *
 * @param args - One JSON text each.
 */
export async function start (file: string, args: readonly object[] = [], execArgv: readonly string[] = []): Promise<Program> {
  const child = fork(join(import.meta.dirname, file), args.map((one) => JSON.stringify(one)), {
    execArgv: [...execArgv], stdio: ['ignore', 'inherit', 'inherit', 'ipc']
  })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message: { port: number }) => resolve(message.port))
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)))
  })
  const pid = child.pid!
  return { port, pid, memory: () => memoryOf(pid), busy: () => busyOf(pid), stop: async () => await end(child) }
}

/** VmRSS of proc_pid_status(5). */
function memoryOf (pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1_024
}

/**
 * Time that the processor has spent on a process so far, in microseconds.
 *
 * The kernel's own count for each thread, in nanoseconds (Documentation/scheduler/sched-stats.rst): utime and stime come
 * in hundredths of a second, too coarse for a thousand requests of twenty microseconds. They are asked where that count is off.
 */
export function busyOf (pid: number): number {
  const threads = `/proc/${pid}/task`
  if (!existsSync(`/proc/${pid}/schedstat`)) return ticksOf(pid, [11, 12])
  return readdirSync(threads).reduce((sum, thread) => sum + Number(readFileSync(`${threads}/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1_000, 0)
}

/** The same for a process and all that it has started: those of them that run, and those that it has seen end. */
export function busyWithChildren (pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter((child) => child !== '')
  return children.reduce((sum, child) => sum + busyOf(Number(child)), busyOf(pid) + ticksOf(pid, [13, 14]))
}

/** Some of the times of proc_pid_stat(5), in microseconds, counted after the name of the program, which may have spaces. */
function ticksOf (pid: number, fields: readonly number[]): number {
  const all = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return fields.reduce((sum, field) => sum + Number(all[field]), 0) * (1_000_000 / ticks)
}

async function end (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill()
  await ended
}
