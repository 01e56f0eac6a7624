import { sql } from 'kysely'
import { type Database, openDatabase } from '../../src/store/open.ts'
import type { Member } from './population.ts'

/** What the database of a stopped site holds that it must not: empty where all is well. */
export async function findFaults (location: string): Promise<string[]> {
  const database = await openDatabase(location)
  try {
    return await findFaultsIn(database)
  } finally {
    await database.close()
  }
}

/** What a database holds that it must not. */
export async function findFaultsIn (database: Database): Promise<string[]> {
  const faults: string[] = []
  for (const [fault, query] of Object.entries(faultQueries)) {
    const { rows } = await database.run((db) => query.execute(db))
    for (const row of rows) faults.push(`${fault}: ${JSON.stringify(row)}`)
  }
  return faults
}

const faultQueries = {
  'an identity twice': sql`select tid, oid from identities group by tid, oid having count(*) > 1`,
  'an identity without a user': sql`select tid, oid from identities where user_id not in (select id from users)`,
  'a user without a way in': sql`select id from users where id not in (select user_id from identities) and id not in (select user_id from invitations)`,
  'two holders of an address': sql`select canonical from identifiers where verified = 1 group by canonical having count(*) > 1`,
  'an identifier without a user': sql`select canonical from identifiers where user_id not in (select id from users)`,
  'a verified address that nobody proved': sql`select canonical from identifiers where verified = 1 and proof_kind is null`,
  'a session without a user': sql`select user_id from sessions where user_id not in (select id from users)`,
  'kept tokens of nobody': sql`select tid, oid from tokens where user_id not in (select id from users)`
}

/** The user of each member, as the database has it. */
export async function usersOf (location: string, members: readonly Member[]): Promise<Map<string, string>> {
  const database = await openDatabase(location)
  try {
    const rows = await database.run((db) => db.selectFrom('identities').select(['tid', 'oid', 'user_id']).execute())
    const byIdentity = new Map(rows.map(({ tid, oid, user_id: userId }) => [`${tid}/${oid}`, userId]))
    return new Map(members.flatMap(({ key, tid, oid }) => {
      const userId = byIdentity.get(`${tid}/${oid}`)
      return userId === undefined ? [] : [[key, userId]]
    }))
  } finally {
    await database.close()
  }
}
