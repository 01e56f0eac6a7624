import type { AccountStore } from '../linking/store.ts'
import { identifierTable } from './identifiers.ts'
import { identityTable } from './identities.ts'
import { invitationTable } from './invitations.ts'
import type { Database } from './open.ts'
import { findUserOf, userTable } from './users.ts'

/** The accounts of a database. */
export function createAccountStore (database: Database): AccountStore {
  return {
    transaction: async (work, durability) => await database.transaction(async (db) => await work({
      ...userTable(db),
      ...identityTable(db),
      ...identifierTable(db),
      ...invitationTable(db)
    }), durability),
    userOf: async (tid, oid) => await database.run(async (db) => await findUserOf(db, tid, oid), 'later')
  }
}
