import { type ExpressionBuilder, type ExpressionWrapper, type InsertQueryBuilder, type InsertResult, type Kysely, sql, type SqlBool } from 'kysely'
import type { ArtifactStore, FoundArtifact, StoredArtifact } from '../identity/types.ts'
import type { Database } from './database.ts'
import type { IdentityArtifactsTable, Schema } from './schema.ts'
import { createSweep } from './sweep.ts'

type Row = Pick<IdentityArtifactsTable, 'sealed' | 'consumed_at'>

/**
 * The artifacts of a database. That something has ended is a row of its own,
 * which whoever reads or uses anything of it looks for in the same statement:
 * so it holds at once, and also for what a request under way writes a moment later.
 */
export function createArtifactStore (database: Database): ArtifactStore {
  const sweepArtifacts = createSweep(database, { table: 'identity_artifacts', key: 'key', time: 'expires_at' })
  const sweepEnds = createSweep(database, { table: 'identity_ends', key: 'key', time: 'expires_at' })
  const sweepSessions = createSweep(database, { table: 'identity_sessions', key: 'session_key', time: 'expires_at' })
  return {
    put: async (artifact) => await database.run(async (db) => await insertLiving(db, artifact)
      .onConflict((conflict) => conflict.column('key').doUpdateSet((eb) => ({
        sealed: eb.ref('excluded.sealed'),
        grant_key: eb.ref('excluded.grant_key'),
        session_key: eb.ref('excluded.session_key'),
        account_id: eb.ref('excluded.account_id'),
        expires_at: eb.ref('excluded.expires_at')
      })))
      .returning('key').executeTakeFirst()) !== undefined,

    putFirst: async (artifact) => await database.run(async (db) => await insertLiving(db, artifact)
      .onConflict((conflict) => conflict.column('key').doNothing())
      .returning('key').executeTakeFirst()) !== undefined,

    find: async (key) => foundOf(await database.run((db) => db.selectFrom('identity_artifacts')
      .select(['sealed', 'consumed_at']).where('key', '=', key).where(isLiving).executeTakeFirst())),

    findSession: async (sessionKey) => foundOf(await database.run((db) => db.selectFrom('identity_artifacts')
      .select(['sealed', 'consumed_at']).where('session_key', '=', sessionKey).where('kind', '=', 'Session').where(isLiving)
      // There is one, or for a moment two: a session that signs somebody in is given another id.
      .orderBy('expires_at', 'desc').limit(1).executeTakeFirst())),

    consume: async (key, at) => await database.run((db) => db.updateTable('identity_artifacts').set({ consumed_at: at })
      .where('key', '=', key).where('consumed_at', 'is', null).where(isLiving)
      .returning('key').executeTakeFirst()) !== undefined,

    end: async (key, until) => {
      await noteEnds([key], until)
      await database.run((db) => db.deleteFrom('identity_artifacts')
        .where(({ or, eb }) => or([eb('key', '=', key), eb('grant_key', '=', key)])).execute())
    },

    endSessions: async (sessionKeys, until) => {
      if (sessionKeys.length === 0) return
      await noteEnds(sessionKeys, until)
      await database.run((db) => db.deleteFrom('identity_artifacts').where('session_key', 'in', sessionKeys).execute())
      await database.run((db) => db.deleteFrom('identity_sessions').where('session_key', 'in', sessionKeys).execute())
    },

    endAccount: async (accountId, until) => {
      // One statement over all there is: grants and sessions that are noted take along what is being written in them.
      await database.run((db) => sql`
        insert into identity_ends (key, expires_at)
        select coalesce(grant_key, key), cast(${until} as bigint) from identity_artifacts where account_id = ${accountId}
        union select session_key, cast(${until} as bigint) from identity_artifacts where account_id = ${accountId} and session_key is not null
        on conflict (key) do nothing`.execute(db))
      await database.run((db) => db.deleteFrom('identity_artifacts').where('account_id', '=', accountId).execute())
    },

    bind: async (project, sessionKey, appSession, expiresAt) => {
      const row = { session_key: sessionKey, project, app_session: appSession, expires_at: expiresAt }
      await database.run((db) => db.insertInto('identity_sessions').values(row)
        .onConflict((conflict) => conflict.column('session_key').doUpdateSet({ app_session: appSession, expires_at: expiresAt })).execute())
    },

    boundTo: async (project, appSession) => {
      const rows = await database.run((db) => db.selectFrom('identity_sessions').select('session_key')
        .where('app_session', '=', appSession).where('project', '=', project).orderBy('session_key').execute())
      return rows.map((row) => row.session_key)
    },

    sessionsOf: async (project, accountId) => {
      const rows = await database.run((db) => db.selectFrom('identity_artifacts').select('session_key').distinct()
        .where('account_id', '=', accountId).where('project', '=', project).where('session_key', 'is not', null).orderBy('session_key').execute())
      return rows.map((row) => row.session_key!)
    },

    grantsIn: async (sessionKeys) => {
      if (sessionKeys.length === 0) return []
      const rows = await database.run((db) => db.selectFrom('identity_artifacts').select(['sealed', 'consumed_at'])
        .where('session_key', 'in', sessionKeys).where('kind', '=', 'Grant').where(isLiving).orderBy('key').execute())
      return rows.map(({ sealed, consumed_at: consumedAt }) => ({ sealed, consumedAt }))
    },

    sweep: async (now, limit) => {
      // Where it cannot be done now, the next one does it: nobody's sign-in ends over it.
      await Promise.allSettled([
        sweepArtifacts(now, limit),
        sweepEnds(now, limit),
        sweepSessions(now, limit)
      ])
    }
  }

  async function noteEnds (keys: readonly string[], until: number): Promise<void> {
    await database.run((db) => db.insertInto('identity_ends').values(keys.map((key) => ({ key, expires_at: until })))
      .onConflict((conflict) => conflict.column('key').doNothing()).execute())
  }
}

/** Inserts an artifact unless it, its grant or its session has ended. The casts tell PostgreSQL what parameters of a select are. */
function insertLiving (db: Kysely<Schema>, artifact: StoredArtifact): InsertQueryBuilder<Schema, 'identity_artifacts', InsertResult> {
  const { key, project, kind, sealed, grantKey, sessionKey, accountId, expiresAt } = artifact
  const text = (value: string | null) => sql<string>`cast(${value} as text)`
  const families = [key, grantKey, sessionKey].filter((family) => family !== null)
  return db.insertInto('identity_artifacts')
    .columns(['key', 'project', 'kind', 'sealed', 'grant_key', 'session_key', 'account_id', 'expires_at'])
    .expression(db.selectNoFrom([
      text(key).as('key'), text(project).as('project'), text(kind).as('kind'), text(sealed).as('sealed'),
      text(grantKey).as('grant_key'), text(sessionKey).as('session_key'), text(accountId).as('account_id'),
      sql<number>`cast(${expiresAt} as bigint)`.as('expires_at')
    ]).where(({ not, exists, selectFrom }) => not(exists(
      selectFrom('identity_ends').select('identity_ends.key').where('identity_ends.key', 'in', families)))))
}

/** Whether neither the artifact nor its grant nor its session has ended. */
function isLiving ({ not, exists, selectFrom, ref }: ExpressionBuilder<Schema, 'identity_artifacts'>): ExpressionWrapper<Schema, 'identity_artifacts', SqlBool> {
  return not(exists(selectFrom('identity_ends').select('identity_ends.key')
    .where('identity_ends.key', 'in', [ref('identity_artifacts.key'), ref('identity_artifacts.grant_key'), ref('identity_artifacts.session_key')] as never)))
}

function foundOf (row: Row | undefined): FoundArtifact | null {
  return row === undefined ? null : { sealed: row.sealed, consumedAt: row.consumed_at }
}
