import type { Consent, ConsentStore } from '../identity/consent.ts'
import type { Database } from './database.ts'
import type { IdentityConsentsTable } from './schema.ts'

/** What people have let apps have, in a database. */
export function createConsentStore (database: Database): ConsentStore {
  return {
    find: async (project, userId, clientId) => {
      const row = await database.run((db) => db.selectFrom('identity_consents').selectAll()
        .where('project', '=', project).where('user_id', '=', userId).where('client_id', '=', clientId).executeTakeFirst())
      return row === undefined ? null : consentOf(row)
    },

    put: async (project, userId, { clientId, scopes, claims, grantedAt }) => {
      const row = { project, user_id: userId, client_id: clientId, scopes: scopes.join(' '), claims: claims.join(' '), granted_at: grantedAt }
      await database.run((db) => db.insertInto('identity_consents').values(row)
        .onConflict((conflict) => conflict.columns(['project', 'user_id', 'client_id'])
          .doUpdateSet({ scopes: row.scopes, claims: row.claims, granted_at: grantedAt })).execute())
    },

    remove: async (project, userId, clientId) => await database.run((db) => db.deleteFrom('identity_consents')
      .where('project', '=', project).where('user_id', '=', userId).where('client_id', '=', clientId)
      .returning('client_id').executeTakeFirst()) !== undefined,

    list: async (project, userId) => {
      const rows = await database.run((db) => db.selectFrom('identity_consents').selectAll()
        .where('project', '=', project).where('user_id', '=', userId).orderBy('client_id').execute())
      return rows.map(consentOf)
    },

    removeAllOf: async (userId) => {
      await database.run((db) => db.deleteFrom('identity_consents').where('user_id', '=', userId).execute())
    }
  }
}

function consentOf ({ client_id: clientId, scopes, claims, granted_at: grantedAt }: IdentityConsentsTable): Consent {
  const words = (text: string): string[] => text === '' ? [] : text.split(' ')
  return { clientId, scopes: words(scopes), claims: words(claims), grantedAt }
}
