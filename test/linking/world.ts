import type { Test } from 'tap'
import type { AuthEventReport } from '../../src/core/events.ts'
import type { AccountsNeighbours } from '../../src/linking/account-input.ts'
import { type Accounts, createAccounts } from '../../src/linking/accounts.ts'
import { createLinking } from '../../src/linking/link.ts'
import type { AccountStore } from '../../src/linking/store.ts'
import type { LinkedUser, LinkingOutcome, LinkingPolicy, LinkingRequest } from '../../src/linking/types.ts'
import { createAccountStore } from '../../src/store/accounts.ts'
import type { Database } from '../../src/store/open.ts'
import { createSessionStore } from '../../src/store/sessions.ts'
import { openTestDatabase } from '../store/database.ts'
import type { Engine } from '../store/engines.ts'

/** The defaults. */
export const defaults: LinkingPolicy = {
  use_email_as_identifier: false,
  allow_email_account_merge: false,
  verify_email: false,
  requireVerifiedEmail: false,
  allowSignup: true,
  endSessionsOnMerge: true
}

/** One application: its database, its accounts, its sign-ins. */
export interface World {
  readonly database: Database
  readonly store: AccountStore
  readonly accounts: Accounts
  /** Time passes by hand. */
  readonly clock: { now: number }
  /** Linking where no code is asked for. */
  readonly linking: (policy?: Partial<LinkingPolicy>, store?: AccountStore) => { link: (request: LinkingRequest) => Promise<LinkedUser> }
  /** Users whose sessions were ended, in order. */
  readonly ended: string[]
  /** What `accounts` reported, in order. */
  readonly reported: AuthEventReport[]
  /** Gives a user a session. */
  readonly startSession: (key: string, userId: string) => Promise<void>
}

/** Stands in for the verification's own, which has tests of its own. */
export function canonicalAddress (value: unknown): { canonical: string } | { canonical: null, refusal: string } {
  return typeof value === 'string' && /^\S+@\S+$/.test(value) ? { canonical: value.toLowerCase() } : { canonical: null, refusal: 'no_address' }
}

/** A world with an empty database: of an engine, or at a location. Ids and times are the same in every run. */
export async function createWorld (t: Pick<Test, 'teardown'>, place?: Engine | string, others: Partial<AccountsNeighbours> = {}): Promise<World> {
  const database = await openTestDatabase(t, typeof place === 'object' ? await place.newLocation(t) : place)
  const store = createAccountStore(database)
  const sessions = createSessionStore(database)
  const clock = { now: 1_700_000_000_000 }
  const ended: string[] = []
  const reported: AuthEventReport[] = []
  const environment = { now: () => clock.now, randomBytes: countingBytes() }
  const endSessions = async (userId: string): Promise<void> => {
    ended.push(userId)
    await sessions.endAllOf(userId)
  }
  return {
    database,
    store,
    clock,
    ended,
    reported,
    accounts: createAccounts({
      store,
      environment,
      endSessions,
      canonicalAddress,
      report: async (...events) => { reported.push(...events) },
      sessionsOf: async (userId) => await sessions.listOf(userId, clock.now),
      ...others
    }),
    linking: (policy = {}, other = store) => {
      const { link } = createLinking({ policy: { ...defaults, ...policy }, store: other, environment, endSessions })
      return { link: async (request) => linkedUser(await link(request)) }
    },
    startSession: async (key, userId) => {
      const user = { id: userId, displayName: null, email: null, identity: { tid: 't', oid: 'o' }, roles: [] }
      await sessions.create(key, { user, createdAt: 1, authenticatedAt: 1, lastSeenAt: 1, device: null, microsoftSession: null, loginHint: null, confirmedAt: null }, Number.MAX_SAFE_INTEGER)
    }
  }
}

/** Who was linked; an error where a code was asked for. */
export function linkedUser (outcome: LinkingOutcome): LinkedUser {
  if (outcome.row === 'C1') throw new Error('a code was asked for')
  return outcome
}

function countingBytes (): (size: number) => Buffer {
  let count = 0
  return (size) => {
    const bytes = Buffer.alloc(size)
    bytes.writeUInt32BE(++count, size - 4)
    return bytes
  }
}
