import { randomFillSync } from 'node:crypto'

/** What is asked of the system at once: a sign-in needs some dozen small pieces, and each question costs as much as a large one. */
const poolSize = 2_048
const pool = Buffer.alloc(poolSize)
let used = poolSize

/**
 * `size` bytes that nobody can predict, as `crypto.randomBytes` gives them. They come from a supply of the process, out
 * of which they are taken: no two calls get the same, and none stay behind where something else could read them.
 */
export function randomBytes (size: number): Buffer {
  if (size > poolSize) return randomFillSync(Buffer.alloc(size))
  if (used + size > poolSize) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = Buffer.from(pool.subarray(used, used + size))
  pool.fill(0, used, used + size)
  used += size
  return bytes
}
