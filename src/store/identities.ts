import { isSimulatedAuthority } from '../core/authority.ts'
import { type Kysely, sql } from 'kysely'
import type { AccountTransaction } from '../linking/store.ts'
import type { LinkedIdentity } from '../linking/types.ts'
import type { ScoredEmail } from '../verification/types.ts'
import { parseObject, readProfile, readScoredEmail } from './json.ts'
import type { IdentitiesTable, Schema } from './schema.ts'

type IdentityQueries = Pick<AccountTransaction,
  'findIdentity' | 'identitiesOf' | 'insertIdentity' | 'updateIdentity' | 'deleteIdentity' | 'hasIdentities'>

/** The queries about identities. */
export function identityTable (db: Kysely<Schema>): IdentityQueries {
  return {
    findIdentity: async (tid, oid) => {
      const row = await db.selectFrom('identities').selectAll()
        .where('tid', '=', tid).where('oid', '=', oid).executeTakeFirst()
      return row === undefined ? null : identityOf(row)
    },

    identitiesOf: async (userId) => {
      const rows = await db.selectFrom('identities').selectAll().where('user_id', '=', userId)
        .orderBy('created_at').orderBy('tid').orderBy('oid').execute()
      return rows.map(identityOf)
    },

    insertIdentity: async (identity) => {
      const { tid, oid, userId, createdAt } = identity
      await db.insertInto('identities')
        .values({ tid, oid, user_id: userId, created_at: createdAt, ...shownBy(identity) }).execute()
    },

    updateIdentity: async (identity) => {
      await db.updateTable('identities').set(shownBy(identity))
        .where('tid', '=', identity.tid).where('oid', '=', identity.oid).execute()
    },

    // Its tokens go in the same transaction: nobody acts for an identity that is nobody's.
    deleteIdentity: async (tid, oid) => {
      await db.deleteFrom('tokens').where('tid', '=', tid).where('oid', '=', oid).execute()
      const { numDeletedRows } = await db.deleteFrom('identities')
        .where('tid', '=', tid).where('oid', '=', oid).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },

    hasIdentities: async (simulated) => {
      // A literal: with a parameter the partial indexes would not be used.
      const row = await db.selectFrom('identities').select('tid')
        .where('simulated', '=', sql.lit(simulated ? 1 : 0)).limit(1).executeTakeFirst()
      return row !== undefined
    }
  }
}

/** What a sign-in may change. */
function shownBy ({ sub, iss, authority, profile, email, lastSignInAt }: LinkedIdentity) {
  return {
    sub,
    iss,
    authority,
    simulated: isSimulatedAuthority(authority) ? 1 : 0,
    profile: JSON.stringify(profile),
    email: JSON.stringify(email),
    last_sign_in_at: lastSignInAt
  }
}

/** What cannot be read is as if Microsoft had said nothing: the next sign-in writes it anew. */
const nothing: ScoredEmail = Object.freeze({
  address: null,
  canonical: null,
  source: null,
  score: 0,
  verified: false,
  evidence: Object.freeze([])
})

function identityOf (row: IdentitiesTable): LinkedIdentity {
  return {
    tid: row.tid,
    oid: row.oid,
    sub: row.sub,
    iss: row.iss,
    authority: row.authority,
    userId: row.user_id,
    profile: readProfile(parseObject(row.profile)),
    email: readScoredEmail(parseObject(row.email)) ?? nothing,
    createdAt: row.created_at,
    lastSignInAt: row.last_sign_in_at
  }
}
