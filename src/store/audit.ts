import type { Kysely, Transaction } from 'kysely'
import type { AuditEntry, AuditPage, AuditStore } from '../events/types.ts'
import { asObject } from './json.ts'
import type { Database } from './open.ts'
import type { AuditTable, Schema } from './schema.ts'
import { prepare, type Statement } from './statement.ts'
import { createSweep } from './sweep.ts'

const allColumns = [
  'id', 'happened_at', 'type', 'user_id', 'tid', 'oid', 'address', 'evidence', 'linking_row', 'code', 'reason', 'request_id'
] as const
/** The first one inserts one entry, the next one two, and so on: what happens at once is a handful. */
const inserts = Array.from({ length: 8 }, (_, more) => insertOf(more + 1))

function insertOf (count: number): Statement<Readonly<Record<string, unknown>>, never> {
  const entries = Array.from({ length: count }, (_, index) => index)
  return prepare<Readonly<Record<string, unknown>>>((db, given) => db.insertInto('audit').values(entries.map((index) =>
    Object.fromEntries(allColumns.map((name) => [name, given[`${name} ${index}`]])) as unknown as AuditTable)))
}

/** The audit of a database. */
export function createAuditStore (database: Database): AuditStore {
  const sweep = createSweep(database, { table: 'audit', key: 'id', time: 'id' })
  return {
    add: async (entries, forgotten) => {
      // One statement is a transaction of its own.
      if (forgotten.length === 0) return await database.run(async (db) => await insert(entries, db))
      await database.transaction(async (db) => {
        if (entries.length > 0) await insert(entries, db)
        for (const userId of forgotten) await forget(userId, db)
      })
    },

    list: async (page) => {
      const rows = await database.run((db) => selectPage(page, db))
      return rows.map(entryOf)
    },

    sweep: async (before, limit) => { await sweep(before, limit) }
  }
}

async function insert (entries: readonly AuditEntry[], db: Kysely<Schema>): Promise<void> {
  const rows = entries.map(rowOf)
  const statement = inserts[rows.length - 1]
  if (statement === undefined) await db.insertInto('audit').values(rows).execute()
  else await statement.rows(db, Object.fromEntries(rows.flatMap((row, index) => allColumns.map((name) => [`${name} ${index}`, row[name]]))))
}

const anonymous = { tid: null, oid: null, address: null }

/** What the identities of a user did while they were nobody's names them as well. */
async function forget (userId: string, db: Transaction<Schema>): Promise<void> {
  const identities = await db.selectFrom('audit').select(['tid', 'oid']).distinct()
    .where('user_id', '=', userId).where('tid', 'is not', null).execute()
  for (const { tid, oid } of identities) {
    await db.updateTable('audit').set(anonymous)
      .where('user_id', 'is', null).where('tid', '=', tid).where('oid', '=', oid).execute()
  }
  await db.updateTable('audit').set(anonymous).where('user_id', '=', userId).execute()
}

async function selectPage ({ userId, type, before, limit }: AuditPage, db: Pick<Transaction<Schema>, 'selectFrom'>): Promise<AuditTable[]> {
  return await db.selectFrom('audit').selectAll()
    .$if(userId !== null, (query) => query.where('user_id', '=', userId))
    .$if(type !== null, (query) => query.where('type', '=', type!))
    .$if(before !== null, (query) => query.where('id', '<', before!))
    .orderBy('id', 'desc').limit(limit).execute()
}

function rowOf ({ id, at, type, userId, identity, address, evidence, row, code, reason, requestId }: AuditEntry): AuditTable {
  return {
    id,
    happened_at: at,
    type,
    user_id: userId,
    tid: identity?.tid ?? null,
    oid: identity?.oid ?? null,
    address,
    evidence: JSON.stringify(evidence),
    linking_row: row,
    code,
    reason,
    request_id: requestId
  }
}

function entryOf (row: AuditTable): AuditEntry {
  return {
    id: row.id,
    type: row.type as AuditEntry['type'],
    at: row.happened_at,
    userId: row.user_id,
    identity: row.tid === null || row.oid === null ? null : { tid: row.tid, oid: row.oid },
    address: row.address,
    evidence: evidenceOf(row.evidence),
    row: row.linking_row,
    code: row.code,
    reason: row.reason,
    requestId: row.request_id
  }
}

/** Only what is evidence, whoever wrote the row (abuse case S16). */
function evidenceOf (text: string): AuditEntry['evidence'] {
  const list = parseList(text)
  return list.flatMap((entry) => {
    const { kind, score } = asObject(entry) ?? {}
    return typeof kind === 'string' && typeof score === 'number' ? [{ kind, score }] : []
  })
}

function parseList (text: string): unknown[] {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? list : []
  } catch {
    return []
  }
}
