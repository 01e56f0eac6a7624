/**
 * What a person can quote of a request that was refused: its id, which the log line has as well.
 *
 * @param id - Fastify's; an application may take it from a header, and then it may be anything.
 * @returns `null` for what is no short plain word: nothing of a request is shown.
 */
export function referenceOf (id: unknown): string | null {
  return typeof id === 'string' && /^[\w.:-]{1,64}$/.test(id) ? id : null
}
