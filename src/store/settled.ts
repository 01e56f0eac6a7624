import type { Database } from './database.ts'

/**
 * The same database, in which nothing waits for a later commit unless one follows.
 *
 * @param isFollowed - Whether each sign-in ends with a commit that is durable at once: the audit's.
 */
export function settled (database: Database, isFollowed: () => boolean): Database {
  return {
    ...database,
    run: async (query, durability) => await database.run(query, isFollowed() ? durability : 'now'),
    transaction: async (work, durability) => await database.transaction(work, isFollowed() ? durability : 'now')
  }
}
