const period = 16

/** How much goes at once: more than has come meanwhile, so that nothing heaps up, and no job is needed. */
export const sweptAtOnce = 200

/** Tells when it is time to sweep: the first time that something comes, and then every sixteenth. */
export function everySoOften (): () => boolean {
  let times = 0
  return () => times++ % period === 0
}
