import t from 'tap'

const patience = 900_000

/** Gives a test file that takes long a quarter of an hour, alone and under the runner: a busy machine needs it. */
export function takesLong (): void {
  t.setTimeout(patience)
  // The runner reads this comment, and waits as long.
  t.comment(`timeout=${patience}`)
}
