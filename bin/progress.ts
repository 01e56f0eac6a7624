import type { Surroundings } from './command.ts'

/** Says what is waited for, where it takes longer than a second. */
export async function withProgress<Result> ({ later, complain }: Pick<Surroundings, 'later' | 'complain'>, what: string, work: () => Promise<Result>): Promise<Result> {
  const stop = later(1_000, () => complain(`fastify-entra: ${what} …`))
  try {
    return await work()
  } finally {
    stop()
  }
}
