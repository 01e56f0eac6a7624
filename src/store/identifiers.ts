import { type Kysely, sql } from 'kysely'
import type { AccountTransaction } from '../linking/store.ts'
import type { Identifier, Proof, Provenance } from '../linking/types.ts'
import type { IdentifiersTable, ProofsTable, Schema } from './schema.ts'

type IdentifierQueries = Pick<AccountTransaction,
  'findHolder' | 'identifiersOf' | 'putIdentifier' | 'deleteIdentifier' | 'deleteUnverified' |
  'proofsOf' | 'insertProof' | 'deleteProofs'>

/** The queries about addresses and who proved them. */
export function identifierTable (db: Kysely<Schema>): IdentifierQueries {
  return {
    findHolder: async (canonical) => {
      // A literal 1: with a parameter the partial index would not be used.
      const row = await db.selectFrom('identifiers').select('user_id')
        .where('canonical', '=', canonical).where('verified', '=', sql.lit(1)).executeTakeFirst()
      return row?.user_id ?? null
    },

    identifiersOf: async (userId) => {
      const rows = await db.selectFrom('identifiers').selectAll().where('user_id', '=', userId)
        .orderBy('created_at').orderBy('canonical').execute()
      return rows.map(identifierOf)
    },

    putIdentifier: async ({ userId, canonical, createdAt, ...identifier }) => {
      const changes = changesOf(identifier)
      await db.insertInto('identifiers')
        .values({ user_id: userId, canonical, created_at: createdAt, ...changes })
        .onConflict((conflict) => conflict.columns(['user_id', 'canonical']).doUpdateSet(changes))
        .execute()
    },

    deleteIdentifier: async (userId, canonical) => {
      const { numDeletedRows } = await db.deleteFrom('identifiers')
        .where('user_id', '=', userId).where('canonical', '=', canonical).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },

    deleteUnverified: async (canonical, exceptUserId) => {
      const rows = await db.deleteFrom('identifiers')
        .where('canonical', '=', canonical).where('verified', '=', 0).where('user_id', '<>', exceptUserId)
        .returningAll().execute()
      return rows.map(identifierOf)
    },

    proofsOf: async (userId, canonical) => {
      const rows = await db.selectFrom('proofs').selectAll().where('user_id', '=', userId)
        .$if(canonical !== undefined, (query) => query.where('canonical', '=', canonical!))
        .orderBy('proved_at').orderBy('canonical').orderBy('tid').orderBy('oid').execute()
      return rows.map(proofOf)
    },

    insertProof: async ({ userId, canonical, tid, oid, kind, at }) => {
      await db.insertInto('proofs').values({ user_id: userId, canonical, tid, oid, kind, proved_at: at })
        .onConflict((conflict) => kind === 'mailbox_control'
          ? conflict.columns(['user_id', 'canonical', 'tid', 'oid']).doUpdateSet({ kind, proved_at: at })
          : conflict.doNothing())
        .execute()
    },

    deleteProofs: async (userId, canonical) => {
      const { numDeletedRows } = await db.deleteFrom('proofs')
        .where('user_id', '=', userId).where('canonical', '=', canonical).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    }
  }
}

function changesOf ({ address, verified, provenance }: Pick<Identifier, 'address' | 'verified' | 'provenance'>) {
  return {
    address,
    verified: verified ? 1 : 0,
    proof_kind: provenance?.kind ?? null,
    proof_tid: provenance?.tid ?? null,
    proof_oid: provenance?.oid ?? null,
    proof_at: provenance?.at ?? null
  }
}

function identifierOf (row: IdentifiersTable): Identifier {
  return {
    userId: row.user_id,
    address: row.address,
    canonical: row.canonical,
    verified: row.verified === 1,
    provenance: provenanceOf(row),
    createdAt: row.created_at
  }
}

function provenanceOf (row: IdentifiersTable): Provenance | null {
  if (row.proof_kind === null) return null
  // Constraints of the table: what proved it has a time.
  return { tid: row.proof_tid, oid: row.proof_oid, kind: row.proof_kind as Provenance['kind'], at: row.proof_at! }
}

function proofOf (row: ProofsTable): Proof {
  return {
    userId: row.user_id,
    canonical: row.canonical,
    tid: row.tid,
    oid: row.oid,
    kind: row.kind as Proof['kind'],
    at: row.proved_at
  }
}
