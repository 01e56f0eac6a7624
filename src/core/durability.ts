/**
 * When a commit has to survive a power cut. That the process dies it survives in any case.
 *
 * - `now`: before the call resolves.
 * - `later`: as soon as any later commit of the same database is `now`. For what is followed by such a one before
 *   anybody is told: of several commits that make up one answer, the last one makes all of them durable.
 */
export type Durability = 'now' | 'later'
