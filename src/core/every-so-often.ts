/**
 * Tells when a work is due that need not be done each time: the first time, and then every `period`-th.
 *
 * What goes at such a time is more than has come meanwhile, so that nothing heaps up, and no job is needed.
 */
export function everySoOften (period: number): () => boolean {
  let times = 0
  return () => times++ % period === 0
}
