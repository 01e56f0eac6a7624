import type { ClientRecord, ClientSecret, ClientStore } from '../identity/types.ts'
import type { Database } from './database.ts'
import { readClientJson, writeClient } from './identity-client-json.ts'
import type { IdentityClientSecretsTable, IdentityClientsTable } from './schema.ts'

/** The clients of a database. */
export function createClientStore (database: Database): ClientStore {
  return {
    add: async (project, client, at) => await database.transaction(async (db) => {
      const row: IdentityClientsTable = { project, id: client.id, name: client.name, record: writeClient(client), created_at: at }
      const added = await db.insertInto('identity_clients').values(row)
        .onConflict((conflict) => conflict.columns(['project', 'id']).doNothing()).returning('id').executeTakeFirst()
      if (added === undefined) return false
      const secrets = client.secrets.map((secret, slot) => rowOf(project, client.id, slot, secret))
      if (secrets.length > 0) await db.insertInto('identity_client_secrets').values(secrets).execute()
      return true
    }),

    find: async (project, id) => {
      const row = await database.run((db) => db.selectFrom('identity_clients').selectAll()
        .where('project', '=', project).where('id', '=', id).executeTakeFirst())
      if (row === undefined) return null
      const secrets = await database.run((db) => db.selectFrom('identity_client_secrets').selectAll()
        .where('project', '=', project).where('client_id', '=', id).orderBy('slot').execute())
      return clientOf(row, secrets)
    },

    list: async (project) => {
      const rows = await database.run((db) => db.selectFrom('identity_clients').selectAll()
        .where('project', '=', project).orderBy('name').orderBy('id').execute())
      const secrets = await database.run((db) => db.selectFrom('identity_client_secrets').selectAll()
        .where('project', '=', project).orderBy('client_id').orderBy('slot').execute())
      return rows.flatMap((row) => clientOf(row, secrets.filter(({ client_id: id }) => id === row.id)) ?? [])
    },

    addSecret: async (project, id, secret, most) => {
      for (let slot = 0; slot < most; slot++) {
        if (await takeSlot(rowOf(project, id, slot, secret))) return 'added'
      }
      const isThere = await database.run((db) => db.selectFrom('identity_clients').select('id')
        .where('project', '=', project).where('id', '=', id).executeTakeFirst())
      return isThere === undefined ? 'unknown' : 'full'
    },

    removeSecret: async (project, id, secretId) => {
      const { numDeletedRows } = await database.run((db) => db.deleteFrom('identity_client_secrets')
        .where('project', '=', project).where('client_id', '=', id).where('secret_id', '=', secretId).executeTakeFirstOrThrow())
      return numDeletedRows > 0n
    },

    remove: async (project, id) => {
      const { numDeletedRows } = await database.run((db) => db.deleteFrom('identity_clients')
        .where('project', '=', project).where('id', '=', id).executeTakeFirstOrThrow())
      return numDeletedRows > 0n
    }
  }

  /** In one transaction, so that a client that goes meanwhile is one that there is not. */
  async function takeSlot (row: IdentityClientSecretsTable): Promise<boolean> {
    return await database.transaction(async (db) => {
      const client = await db.selectFrom('identity_clients').select('id')
        .where('project', '=', row.project).where('id', '=', row.client_id).executeTakeFirst()
      if (client === undefined) return false
      return await db.insertInto('identity_client_secrets').values(row)
        .onConflict((conflict) => conflict.columns(['project', 'client_id', 'slot']).doNothing())
        .returning('slot').executeTakeFirst() !== undefined
    })
  }
}

function rowOf (project: string, id: string, slot: number, secret: ClientSecret): IdentityClientSecretsTable {
  return { project, client_id: id, slot, secret_id: secret.id, hash: secret.hash, created_at: secret.createdAt }
}

function clientOf ({ id, name, record }: IdentityClientsTable, secrets: readonly IdentityClientSecretsTable[]): ClientRecord | null {
  const description = readClientJson(record)
  if (description === null) return null
  return {
    id,
    name,
    ...description,
    secrets: secrets.map((secret): ClientSecret => ({ id: secret.secret_id, hash: secret.hash, createdAt: secret.created_at }))
  }
}
