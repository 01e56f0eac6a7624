/** Milliseconds of processor time that work takes: what else the machine is busy with does not count. */
export function busyTime (work: () => void): number {
  const before = process.cpuUsage()
  work()
  return since(before)
}

/** The same of work that waits in between. All that the process does meanwhile counts. */
export async function processorTime (work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  return since(before)
}

function since (before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
