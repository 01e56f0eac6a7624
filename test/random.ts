import { createHash } from 'node:crypto'

/** Randomness that is the same in every run: each seed has a stream of its own. */
export function seededBytes (seed: string): (size: number) => Buffer {
  let count = 0
  return (size) => createHash('shake256', { outputLength: size }).update(`${seed} ${count++}`).digest()
}
