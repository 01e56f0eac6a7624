import type { Identity } from '../../src/identity/project.ts'
import type { Parts } from './parts.ts'

/** Makes {@link Identity}. */
export function createIdentity ({ issuer, project, consents, artifacts }: Parts): Identity {
  return Object.freeze({
    issuer,
    project: project.name,
    consents: async (userId: string) => await consents.list(project.name, userId),
    revokeConsent: async (userId: string, clientId: string) => {
      const wasThere = await consents.remove(project.name, userId, clientId)
      await artifacts.endApp(userId, clientId)
      return wasThere
    }
  })
}
