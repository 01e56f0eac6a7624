import { isSimulatedAuthority } from '../core/authority.ts'
import { type Kysely, sql } from 'kysely'
import type { AccountTransaction } from '../linking/store.ts'
import type { LinkedIdentity } from '../linking/types.ts'
import type { ScoredEmail } from '../verification/types.ts'
import { parseObject, readProfile, readScoredEmail } from './json.ts'
import type { IdentitiesTable, Schema } from './schema.ts'
import { columns, prepare } from './statement.ts'

type IdentityQueries = Pick<AccountTransaction,
  'findIdentity' | 'identitiesOf' | 'insertIdentity' | 'updateIdentity' | 'deleteIdentity' | 'hasIdentities'>

const shown = ['sub', 'iss', 'authority', 'simulated', 'profile', 'email', 'last_sign_in_at'] as const

const selectIdentity = prepare<Pick<IdentitiesTable, 'tid' | 'oid'>, IdentitiesTable>((db, { tid, oid }) =>
  db.selectFrom('identities').selectAll().where('tid', '=', tid).where('oid', '=', oid))
const selectOfUser = prepare<{ userId: string }, IdentitiesTable>((db, { userId }) =>
  db.selectFrom('identities').selectAll().where('user_id', '=', userId).orderBy('created_at').orderBy('tid').orderBy('oid'))
const insertIdentity = prepare<IdentitiesTable>((db, identity) =>
  db.insertInto('identities').values(columns(identity, 'tid', 'oid', 'user_id', 'created_at', ...shown)))
const updateIdentity = prepare<Pick<IdentitiesTable, 'tid' | 'oid' | typeof shown[number]>>((db, identity) =>
  db.updateTable('identities').set(columns(identity, ...shown)).where('tid', '=', identity.tid).where('oid', '=', identity.oid))
// Literals: with a parameter the partial indexes would not be used, and with one for the limit SQLite plans anew at each call.
const selectAnyOf = (simulated: 0 | 1) => prepare<object, Pick<IdentitiesTable, 'tid'>>((db) =>
  db.selectFrom('identities').select('tid').where('simulated', '=', sql.lit(simulated)).limit(sql.lit(1)))
const selectAnySimulated = selectAnyOf(1)
const selectAnyReal = selectAnyOf(0)

/** The queries about identities. */
export function identityTable (db: Kysely<Schema>): IdentityQueries {
  return {
    findIdentity: async (tid, oid) => {
      const row = await selectIdentity.first(db, { tid, oid })
      return row === undefined ? null : identityOf(row)
    },

    identitiesOf: async (userId) => {
      const rows = await selectOfUser.rows(db, { userId })
      return rows.map(identityOf)
    },

    insertIdentity: async (identity) => {
      const { tid, oid, userId, createdAt } = identity
      await insertIdentity.rows(db, { tid, oid, user_id: userId, created_at: createdAt, ...shownBy(identity) })
    },

    updateIdentity: async (identity) => {
      await updateIdentity.rows(db, { tid: identity.tid, oid: identity.oid, ...shownBy(identity) })
    },

    // Its tokens go in the same transaction: nobody acts for an identity that is nobody's.
    deleteIdentity: async (tid, oid) => {
      await db.deleteFrom('tokens').where('tid', '=', tid).where('oid', '=', oid).execute()
      const { numDeletedRows } = await db.deleteFrom('identities')
        .where('tid', '=', tid).where('oid', '=', oid).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },

    hasIdentities: async (simulated) => {
      return await (simulated ? selectAnySimulated : selectAnyReal).first(db, {}) !== undefined
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
