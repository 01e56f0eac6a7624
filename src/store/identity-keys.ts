import type { KeyStore, Project, SigningAlgorithm, StoredKey } from '../identity/types.ts'
import type { Database } from './database.ts'
import type { IdentityKeysTable } from './schema.ts'

/** The signing keys of a database. */
export function createKeyStore (database: Database): KeyStore {
  return {
    list: async (project) => {
      const rows = await database.run((db) => db.selectFrom('identity_keys').selectAll()
        .where('project', '=', project.name).where('simulated', '=', Number(project.simulated))
        .orderBy('generation').orderBy('algorithm').execute())
      return rows.map(keyOf)
    },

    // One statement: the keys of a generation are there together, and of several servers that make some, one wins.
    add: async (project, keys) => {
      const added = await database.run((db) => db.insertInto('identity_keys').values(keys.map((key) => rowOf(project, key)))
        .onConflict((conflict) => conflict.columns(['project', 'simulated', 'generation', 'algorithm']).doNothing())
        .returning('kid').execute())
      return added.length > 0
    },

    reseal: async (project, kid, from, to) => {
      await database.run((db) => db.updateTable('identity_keys').set({ sealed: to })
        .where('project', '=', project.name).where('simulated', '=', Number(project.simulated))
        .where('kid', '=', kid).where('sealed', '=', from).execute())
    },

    removeBefore: async (project, generation) => {
      await database.run((db) => db.deleteFrom('identity_keys')
        .where('project', '=', project.name).where('simulated', '=', Number(project.simulated))
        .where('generation', '<', generation).execute())
    }
  }
}

function rowOf (project: Project, key: StoredKey): IdentityKeysTable {
  return {
    project: project.name,
    simulated: Number(project.simulated),
    generation: key.generation,
    algorithm: key.algorithm,
    kid: key.kid,
    sealed: key.sealed,
    created_at: key.createdAt,
    signs_at: key.signsAt
  }
}

function keyOf (row: IdentityKeysTable): StoredKey {
  return {
    kid: row.kid,
    algorithm: row.algorithm as SigningAlgorithm,
    generation: row.generation,
    sealed: row.sealed,
    createdAt: row.created_at,
    signsAt: row.signs_at
  }
}
