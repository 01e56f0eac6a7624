/**
 * How much longer everything may take here: where the runner counts which lines run, the compiler leaves code slow, and
 * what is measured is the counting.
 */
export const slowness: number = process.env._TAPJS_PROCESSINFO_COVERAGE_ === '1' ? 4 : 1

/** Milliseconds of processor time that work takes: what else the machine is busy with does not count. */
export function busyTime (work: () => void): number {
  const before = process.cpuUsage()
  work()
  return since(before)
}

/** The same of work that waits in between. All that the process does meanwhile counts. */
export async function processorTime (work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  return since(before)
}

function since (before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
