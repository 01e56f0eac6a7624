import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Database, openDatabase } from '../../src/store/open.ts'
import type { Schema } from '../../src/store/schema.ts'

/** What these helpers take of a test. */
type Owner = Pick<Test, 'teardown'>

/** A database that is closed when the test ends. It is patient: no test fails since the machine is busy. */
export async function openTestDatabase (t: Owner, location = ':memory:', patience = 60_000): Promise<Database> {
  const database = await openDatabase(location, { patience })
  t.teardown(async () => await database.close())
  return database
}

/** A folder that is gone when the test ends. */
export function temporaryFolder (t: Owner): string {
  const folder = mkdtempSync(join(tmpdir(), 'fastify-entra-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const orders: Readonly<Record<keyof Schema, readonly string[]>> = {
  users: ['id'],
  identities: ['tid', 'oid'],
  identifiers: ['user_id', 'canonical'],
  proofs: ['user_id', 'canonical', 'tid', 'oid'],
  invitations: ['canonical'],
  sessions: ['key'],
  tokens: ['tid', 'oid'],
  used_attempts: ['state_hash'],
  challenges: ['key'],
  code_events: ['id'],
  audit: ['id'],
  identity_artifacts: ['key'],
  identity_ends: ['key'],
  identity_sessions: ['session_key'],
  identity_clients: ['project', 'id'],
  identity_client_secrets: ['project', 'client_id', 'slot'],
  identity_keys: ['project', 'simulated', 'generation', 'algorithm'],
  identity_consents: ['user_id', 'project', 'client_id'],
}

/** All tables. */
export const tables: readonly string[] = Object.keys(orders)

/** Every row of every table, in a fixed order: two equal dumps are two equal databases. */
export async function dump (database: Database): Promise<Record<string, unknown[]>> {
  const tables: Record<string, unknown[]> = {}
  for (const [table, columns] of Object.entries(orders)) {
    tables[table] = await database.run(async (db) => {
      let query = db.selectFrom(table as keyof Schema).selectAll()
      for (const column of columns) query = query.orderBy(column as never)
      return (await query.execute()).map((row) => ({ ...row }))
    })
  }
  return tables
}

/** How many rows a table has. */
export async function count (database: Database, table: keyof Schema): Promise<number> {
  return (await dump(database))[table]!.length
}
