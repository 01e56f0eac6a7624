/**
 * Waits for work of somebody else's for so long, and no longer. What comes of it later is dropped.
 *
 * @param timeout - In milliseconds.
 * @param onTimeout - Makes the error of what took too long.
 */
export async function within<Result> (
  timeout: number, work: () => Result | Promise<Result>, onTimeout: () => Error
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => { timer = setTimeout(() => reject(onTimeout()), timeout) })
  try {
    return await Promise.race([(async () => await work())(), late])
  } finally {
    clearTimeout(timer)
  }
}
