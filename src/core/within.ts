/** Work of somebody else's took too long. */
export class TimedOut extends Error {
  constructor () {
    super('timed out')
    this.name = 'TimedOut'
  }
}

/**
 * Waits for work of somebody else's for so long, and no longer. What comes of it later is dropped.
 *
 * @param timeout - In milliseconds.
 * @throws TimedOut
 */
export async function within<Result> (timeout: number, work: () => Result | Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => { timer = setTimeout(() => reject(new TimedOut()), timeout) })
  try {
    return await Promise.race([(async () => await work())(), late])
  } finally {
    clearTimeout(timer)
  }
}
