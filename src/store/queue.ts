/** Lets one caller in at a time, in the order in which they came. */
export interface Queue {
  /** Resolves when it is the caller's turn; rejects with `onTimeout()` when that took too long. */
  enter: () => Promise<void>
  /** Lets the next one in. Called once for each turn. */
  leave: () => void
}

/**
 * @param timeout - How long a caller waits for its turn, in milliseconds. So a
 * database that is stuck answers the hundredth request as soon as the first.
 * @param onTimeout - Makes the error of who waited too long.
 */
export function createQueue (timeout: number, onTimeout: () => Error): Queue {
  const waiting: Array<() => void> = []
  let isTaken = false

  return {
    enter: async () => {
      if (isTaken) return await turn()
      isTaken = true
    },
    leave: () => {
      const next = waiting.shift()
      if (next === undefined) isTaken = false
      else next()
    }
  }

  async function turn (): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const come = (): void => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(come), 1)
        reject(onTimeout())
      }, timeout)
      waiting.push(come)
    })
  }
}
