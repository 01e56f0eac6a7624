import { type Accounts, createAccounts } from '../../src/linking/accounts.ts'
import { createLinking, type Linking } from '../../src/linking/link.ts'
import { assertSameWorld } from '../../src/linking/same-world.ts'
import type { LinkingPolicy } from '../../src/linking/types.ts'
import { createAccountStore } from '../../src/store/accounts.ts'
import { createUsedAttempts } from '../../src/store/attempts.ts'
import { createAuditStore } from '../../src/store/audit.ts'
import { createChallengeStore } from '../../src/store/challenges.ts'
import type { Database } from '../../src/store/database.ts'
import { createArtifactStore } from '../../src/store/identity-artifacts.ts'
import { createConsentStore } from '../../src/store/identity-consents.ts'
import { createClientStore } from '../../src/store/identity-clients.ts'
import { createKeyStore } from '../../src/store/identity-keys.ts'
import { createSessionStore } from '../../src/store/sessions.ts'
import { createTokenStore } from '../../src/store/tokens.ts'
import type { SessionStore } from '../../src/session/types.ts'
import { identityOf, type Said, token } from '../linking/tokens.ts'
import { canonicalAddress, defaults } from '../linking/world.ts'

/*
 * Everything that asks the database something, in one list: whoever adds a
 * query adds a step here, and its plan is tested and documented.
 */

/** What a step does its work with. */
interface World {
  readonly database: Database
  readonly accounts: Accounts
  readonly sessions: SessionStore
  readonly link: Linking['link']
  readonly linkAs: (policy: Partial<LinkingPolicy>) => Linking['link']
  readonly environment: { now: () => number, randomBytes: (size: number) => Buffer }
  /** The user whom the first step makes. */
  readonly findAnn: () => Promise<string>
}

/** Some of the queries, by what they are for. */
interface Step {
  readonly title: string
  readonly run: (world: World) => Promise<unknown>
}

const authority = 'https://login.microsoftonline.com'
const ann: Said = { person: 1, email: 'ann@example.com' }
const annAtFabrikam: Said = { tenant: 'fabrikam', person: 1, email: 'ann@example.com' }
const userOf = (id: string) => ({ id, displayName: null, email: null, identity: { tid: 't', oid: 'o' }, roles: [] })
const sessionOf = (id: string) => ({ user: userOf(id), createdAt: 1, authenticatedAt: 1, lastSeenAt: 1, device: null, microsoftSession: null, loginHint: null, confirmedAt: 1 })
const entry = { at: 1, type: 'signed_in', userId: 'u', identity: identityOf(ann), address: null, evidence: [], row: null, code: null, reason: null, requestId: null } as const
const artifact = { key: 'artifact', project: 'p', kind: 'RefreshToken', sealed: '', grantKey: 'grant', sessionKey: 'session', accountId: 'u', expiresAt: 9 } as const
const client = {
  id: 'shop', name: 'Shop', type: 'web', url: null, redirectUrls: [], logoutRedirectUrls: [], authentication: 'client_secret_basic', idTokenAlgorithm: 'RS256', refreshTokens: false, scopes: [], firstParty: false, backchannelLogoutUrl: null, jwks: null, secrets: [{ id: 'c', hash: 'd', createdAt: 1 }]
} as const

export const steps: readonly Step[] = [
  {
    title: 'a boot',
    run: async ({ database }) => await assertSameWorld(createAccountStore(database), authority)
  },
  {
    title: 'a sign-in',
    run: async ({ database, environment, link, linkAs, accounts, sessions }) => {
      await createUsedAttempts(database, environment).use('state', 9)
      await link(token(ann))
      await link(token({ ...ann, name: 'Ann Lee' }))
      await link(token(annAtFabrikam))
      await link(token({ tenant: 'attacker', email: 'ann@example.com', verified: false })).catch(() => {})
      await linkAs({})(token({ tenant: 'attacker', person: 2, email: null, verified: false }))
      await accounts.invite({ email: 'bob@example.com' })
      await link(token({ person: 3, email: 'bob@example.com' }))
      await sessions.sweep(1, 50)
      await sessions.create('key', sessionOf('u'), 9)
      await accounts.isActive('u')
    }
  },
  {
    title: 'a request of somebody signed in',
    run: async ({ sessions }) => {
      await sessions.find('key')
      await sessions.touch('key', 2, 9, 'u')
    }
  },
  {
    title: 'sessions',
    run: async ({ sessions }) => {
      await sessions.listOf('u', 1)
      await sessions.listAt('microsoft')
      await sessions.confirm('key', { confirmedAt: 2, microsoftSession: 'microsoft', loginHint: 'sealed' })
      await sessions.endAllOf('u', 'key')
      await sessions.end('key')
      await sessions.endAllOf('u')
    }
  },
  {
    title: 'one-time codes',
    run: async ({ database }) => {
      const challenges = createChallengeStore(database)
      await challenges.insert({ key: 'key', addressHash: 'address', codeHash: 'code', tries: 0, pending: '', createdAt: 1, expiresAt: 2 })
      await challenges.find('key')
      await challenges.countTry('key', 5)
      await challenges.replaceCode('key', 'other', 3)
      await challenges.take('key', 'code')
      await challenges.removeOf(['address', 'older'])
      await challenges.remove('key')
      await challenges.takeSlot('slot', 1, 0, 2)
      await challenges.slots(['slot', 'other'])
      await challenges.freeSlot('slot', 1)
      await challenges.sweepChallenges(9, 10)
      await challenges.sweepSlots(9, 10)
    }
  },
  {
    title: 'kept tokens',
    run: async ({ database }) => {
      const tokens = createTokenStore(database)
      const owner = { tid: 't', oid: 'o' }
      const sealed = { userId: 'u', sealed: 'sealed', savedAt: 1 }
      await tokens.put(owner, sealed, 1)
      const before = await tokens.find(owner)
      await tokens.lease(owner, 1, { id: 'lease', now: 1, until: 21 })
      await tokens.update(owner, 'lease', sealed)
      await tokens.release(owner, 'lease')
      await tokens.restore(owner, 2, before)
      await tokens.restore(owner, 1, null)
      await tokens.listOf('u')
      await tokens.removeOf('u', owner)
      await tokens.removeOf('u')
      await tokens.remove(owner)
    }
  },
  {
    title: 'linking and unlinking by hand',
    run: async ({ link, accounts, findAnn }) => {
      const userId = await findAnn()
      await link({ ...token({ person: 4, email: 'ann4@example.com' }), linker: { userId, isSameSession: true } })
      await accounts.unlink(userId, identityOf({ person: 4 }))
    }
  },
  {
    title: 'accounts',
    run: async ({ accounts, findAnn }) => {
      const userId = await findAnn()
      await accounts.create()
      await accounts.find(userId)
      await accounts.findByIdentity(identityOf(ann))
      await accounts.findByEmail('ann@example.com')
      await accounts.identities(userId)
      await accounts.export(userId)
      await accounts.addEmail(userId, 'second@example.com')
      await accounts.verifyEmail(userId, 'second@example.com')
      await accounts.removeEmail(userId, 'second@example.com')
      await accounts.releaseEmail(userId, 'ann@example.com')
      await accounts.disable(userId)
      await accounts.enable(userId)
      await accounts.delete(userId)
    }
  },
  {
    title: 'an identity provider: sessions, grants, codes and tokens',
    run: async ({ database }) => {
      const artifacts = createArtifactStore(database)
      await artifacts.put(artifact)
      await artifacts.putFirst({ ...artifact, key: 'first' })
      await artifacts.find('artifact')
      await artifacts.findSession('session')
      await artifacts.consume('artifact', 1)
      await artifacts.bind('p', 'session', 'app', 9)
      await artifacts.boundTo('p', 'app')
      await artifacts.sessionsOf('p', 'u')
      await artifacts.grantsIn(['session', 'other'])
      await artifacts.endSessions(['session', 'other'], 9)
      await artifacts.end('grant', 9)
      await artifacts.endAccount('u', 9)
      await artifacts.sweep(9, 50)
    }
  },
  {
    title: 'an identity provider: clients',
    run: async ({ database }) => {
      const clients = createClientStore(database)
      await clients.add('p', client, 1)
      await clients.find('p', 'shop')
      await clients.list('p')
      await clients.addSecret('p', 'shop', { id: 'a', hash: 'b', createdAt: 1 }, 2)
      await clients.addSecret('p', 'nobody', { id: 'a', hash: 'b', createdAt: 1 }, 2)
      await clients.removeSecret('p', 'shop', 'a')
      await clients.remove('p', 'shop')
    }
  },
  {
    title: 'an identity provider: what people have let apps have',
    run: async ({ database }) => {
      const consents = createConsentStore(database)
      await consents.put('p', 'u', { clientId: 'shop', scopes: ['openid'], claims: [], grantedAt: 1 })
      await consents.find('p', 'u', 'shop')
      await consents.list('p', 'u')
      await consents.remove('p', 'u', 'shop')
      await consents.removeAllOf('u')
    }
  },
  {
    title: 'an identity provider: signing keys',
    run: async ({ database }) => {
      const keys = createKeyStore(database)
      const project = { name: 'p', simulated: false }
      await keys.add(project, [{ kid: 'k', algorithm: 'ES256', generation: 1, sealed: 's', createdAt: 1, signsAt: 1 }])
      await keys.list(project)
      await keys.reseal(project, 'k', 's', 't')
      await keys.removeBefore(project, 2)
    }
  },
  {
    title: 'the audit',
    run: async ({ database }) => {
      const audit = createAuditStore(database)
      await audit.add([{ ...entry, id: 'f'.repeat(32) }], ['u'])
      await audit.list({ userId: 'u', type: null, before: null, limit: 100 })
      await audit.list({ userId: null, type: 'signed_in', before: null, limit: 100 })
      await audit.list({ userId: null, type: null, before: 'f', limit: 100 })
      await audit.sweep('0', 100)
    }
  }
]

/** Runs all steps on a database, one after the other. */
export async function runEverything (database: Database, before: (title: string) => void): Promise<void> {
  let made = 0
  const environment = { now: () => 1, randomBytes: (size: number) => Buffer.alloc(size, ++made) }
  const store = createAccountStore(database)
  const sessions = createSessionStore(database)
  const endSessions = async (userId: string): Promise<void> => await sessions.endAllOf(userId)
  const linkAs = (policy: Partial<LinkingPolicy>): Linking['link'] => createLinking({ policy: { ...defaults, ...policy }, store, environment, endSessions }).link
  const accounts = createAccounts({ store, environment, canonicalAddress, endSessions })
  const world: World = {
    database,
    accounts,
    sessions,
    environment,
    linkAs,
    link: linkAs({ use_email_as_identifier: true, allow_email_account_merge: true }),
    findAnn: async () => (await accounts.findByIdentity(identityOf(ann)))!.id
  }
  for (const { title, run } of steps) {
    before(title)
    await run(world)
  }
}
