import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
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

/** utime and stime of proc_pid_stat(5), fields 14 and 15: the name of the program, which may have spaces, is field 2. */
function busyOf (pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * (1_000_000 / ticks)
}

async function end (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill()
  await ended
}
