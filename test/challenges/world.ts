import type { Test } from 'tap'
import { type Challenges, createChallenges } from '../../src/challenges/challenges.ts'
import { createKeyedHash } from '../../src/challenges/code.ts'
import { createTenantLimit } from '../../src/challenges/tenant-limit.ts'
import type { ChallengeStore, WaitingSignIn } from '../../src/challenges/types.ts'
import { refuse } from '../../src/core/errors.ts'
import type { AuthEventReport } from '../../src/core/events.ts'
import { createSeal } from '../../src/core/seal.ts'
import { deriveKeys } from '../../src/core/secrets.ts'
import { createChallengeStore } from '../../src/store/challenges.ts'
import type { Database } from '../../src/store/open.ts'
import { type Said, token } from '../linking/tokens.ts'
import { seededBytes } from '../random.ts'
import { openTestDatabase } from '../store/database.ts'
import type { Engine } from '../store/engines.ts'

/** Mails, time and events of a test. */
export interface World {
  readonly database: Database
  readonly store: ChallengeStore
  readonly challenges: Challenges
  /** The same site under other secrets, newest first. */
  readonly withSecrets: (...secrets: string[]) => Challenges
  readonly clock: { now: number }
  readonly mails: Array<{ address: string, code: string, minutes: number }>
  readonly events: AuthEventReport[]
  /** With `late` the mailer takes too long, and each mail settles as these promises do. */
  readonly mailer: { isDown: boolean, late: Promise<void> | null }
  /** Begins a challenge, and gives its id and code. */
  readonly begin: (said?: Said) => Promise<{ id: string, code: string, signIn: WaitingSignIn }>
  /** A code that is not the one that was mailed last. */
  readonly wrong: () => string
}

export const secret = 'a-secret-of-at-least-32-characters'

/** The sign-in of somebody whose address is not verified. */
export function waiting (said: Said = {}): WaitingSignIn {
  const attempt = { state: 's', nonce: 'n', verifier: 'v', returnTo: '/me', intent: 'sign-in' as const, startedAt: 1 }
  return { authorization: { attempt, code: 'oauth-code', tokens: { idToken: 'id-token', accessToken: 'access-token' } }, token: token({ verified: false, ...said }), verifiedAt: 2 }
}

/** A site with an empty database; where `tenantMails` is given, a tenant causes so many mails an hour. */
export async function createWorld (t: Pick<Test, 'teardown'>, engine: Engine, tenantMails?: number): Promise<World> {
  const database = await openTestDatabase(t, await engine.newLocation(t))
  const store = createChallengeStore(database)
  const clock = { now: 1_700_000_000_000 }
  const mails: World['mails'] = []
  const events: AuthEventReport[] = []
  const mailer: World['mailer'] = { isDown: false, late: null }
  const environment = { now: () => clock.now, randomBytes: seededBytes('challenges') }
  const withSecrets = (...secrets: string[]): Challenges => createChallenges({
    store,
    environment,
    seal: createSeal(deriveKeys(secrets, 'challenge')),
    codeHash: createKeyedHash(deriveKeys(secrets, 'code')),
    addressHash: createKeyedHash(deriveKeys(secrets, 'address')),
    tenantMails: createTenantLimit({ kind: 'mail', most: tenantMails ?? 1, option: 'codesPerTenant', isCounted: () => tenantMails !== undefined }, store, environment),
    sendCode: async (address, code, minutes, onLate) => {
      if (mailer.isDown) throw refuse('otp_unavailable', 'mailer_ECONNREFUSED')
      mails.push({ address, code, minutes })
      if (mailer.late === null) return
      onLate(mailer.late)
      throw refuse('otp_unavailable', 'mailer_timeout')
    },
    report: async (...reports) => { events.push(...reports) }
  })
  const challenges = withSecrets(secret)
  return {
    database,
    store,
    challenges,
    withSecrets,
    clock,
    mails,
    events,
    mailer,
    begin: async (said) => {
      const signIn = waiting(said)
      const id = await challenges.begin(signIn, 'req-1')
      return { id, code: mails.at(-1)!.code, signIn }
    },
    wrong: () => String((Number(mails.at(-1)!.code) + 1) % 1_000_000).padStart(6, '0')
  }
}

/** How many of many calls at once ended how: the code of the refusal, or `done`. */
export async function outcomes (calls: Array<Promise<unknown>>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const result of await Promise.allSettled(calls)) {
    const how = result.status === 'fulfilled' ? 'done' : String((result.reason as { code: unknown }).code)
    counts[how] = (counts[how] ?? 0) + 1
  }
  return counts
}
