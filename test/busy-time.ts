/** Milliseconds of processor time that work takes: what else the machine is busy with does not count. */
export function busyTime (work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
