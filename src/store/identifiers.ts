import { type Kysely, sql } from 'kysely'
import type { AccountTransaction } from '../linking/store.ts'
import type { Identifier, Proof, Provenance } from '../linking/types.ts'
import type { IdentifiersTable, ProofsTable, Schema } from './schema.ts'
import { columns, prepare } from './statement.ts'

type IdentifierQueries = Pick<AccountTransaction,
  'findHolder' | 'identifiersOf' | 'putIdentifier' | 'deleteIdentifier' | 'deleteUnverified' |
  'proofsOf' | 'insertProof' | 'deleteProofs'>

const changing = ['address', 'verified', 'proof_kind', 'proof_tid', 'proof_oid', 'proof_at'] as const

// A literal 1: with a parameter the partial index would not be used.
const selectHolder = prepare<{ canonical: string }, Pick<IdentifiersTable, 'user_id'>>((db, { canonical }) =>
  db.selectFrom('identifiers').select('user_id').where('canonical', '=', canonical).where('verified', '=', sql.lit(1)))
const upsertIdentifier = prepare<IdentifiersTable>((db, identifier) =>
  db.insertInto('identifiers').values(columns(identifier, 'user_id', 'canonical', 'created_at', ...changing))
    .onConflict((conflict) => conflict.columns(['user_id', 'canonical']).doUpdateSet(columns(identifier, ...changing))))
// Looked for first: there are hardly ever any, and to look costs a fraction of what SQLite needs for a change that gives back what it changed.
const selectUnverified = prepare<{ canonical: string, exceptUserId: string }, Pick<IdentifiersTable, 'user_id'>>((db, { canonical, exceptUserId }) =>
  db.selectFrom('identifiers').select('user_id').where('canonical', '=', canonical).where('verified', '=', sql.lit(0)).where('user_id', '<>', exceptUserId).limit(sql.lit(1)))
const deleteUnverified = prepare<{ canonical: string, exceptUserId: string }, IdentifiersTable>((db, { canonical, exceptUserId }) =>
  db.deleteFrom('identifiers').where('canonical', '=', canonical).where('verified', '=', sql.lit(0)).where('user_id', '<>', exceptUserId).returningAll())
const selectProofs = prepare<Pick<ProofsTable, 'user_id' | 'canonical'>, ProofsTable>((db, proof) =>
  db.selectFrom('proofs').selectAll().where('user_id', '=', proof.user_id).where('canonical', '=', proof.canonical))
const allOfProof = ['user_id', 'canonical', 'tid', 'oid', 'kind', 'proved_at'] as const
const insertFirstProof = prepare<ProofsTable>((db, proof) =>
  db.insertInto('proofs').values(columns(proof, ...allOfProof)).onConflict((conflict) => conflict.doNothing()))
const upsertProof = prepare<ProofsTable>((db, proof) =>
  db.insertInto('proofs').values(columns(proof, ...allOfProof))
    .onConflict((conflict) => conflict.columns(['user_id', 'canonical', 'tid', 'oid']).doUpdateSet(columns(proof, 'kind', 'proved_at'))))

/** The queries about addresses and who proved them. */
export function identifierTable (db: Kysely<Schema>): IdentifierQueries {
  return {
    findHolder: async (canonical) => {
      const row = await selectHolder.first(db, { canonical })
      return row?.user_id ?? null
    },

    identifiersOf: async (userId) => {
      const rows = await db.selectFrom('identifiers').selectAll().where('user_id', '=', userId)
        .orderBy('created_at').orderBy('canonical').execute()
      return rows.map(identifierOf)
    },

    putIdentifier: async ({ userId, canonical, createdAt, ...identifier }) => {
      await upsertIdentifier.rows(db, { user_id: userId, canonical, created_at: createdAt, ...changesOf(identifier) })
    },

    deleteIdentifier: async (userId, canonical) => {
      const { numDeletedRows } = await db.deleteFrom('identifiers')
        .where('user_id', '=', userId).where('canonical', '=', canonical).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },

    deleteUnverified: async (canonical, exceptUserId) => {
      if (await selectUnverified.first(db, { canonical, exceptUserId }) === undefined) return []
      const rows = await deleteUnverified.rows(db, { canonical, exceptUserId })
      return rows.map(identifierOf)
    },

    proofsOf: async (userId, canonical) => {
      const rows = canonical === undefined
        ? await db.selectFrom('proofs').selectAll().where('user_id', '=', userId).execute()
        : await selectProofs.rows(db, { user_id: userId, canonical })
      return rows.sort(byTime).map(proofOf)
    },

    insertProof: async ({ userId, canonical, tid, oid, kind, at }) => {
      const insert = kind === 'mailbox_control' ? upsertProof : insertFirstProof
      await insert.rows(db, { user_id: userId, canonical, tid, oid, kind, proved_at: at })
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

/** The oldest first. Here and not in the query: SQLite takes longer to make ready for it than there is to sort. */
function byTime (one: ProofsTable, other: ProofsTable): number {
  return one.proved_at - other.proved_at || (keyOf(one) < keyOf(other) ? -1 : 1)
}

function keyOf ({ canonical, tid, oid }: ProofsTable): string {
  return [canonical, tid, oid].join(' ')
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
