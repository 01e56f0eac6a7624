import type { CredentialSummary } from '../credentials/types.ts'
import type { KeySetState } from '../verification/signing-keys.ts'
import type { Health, HealthFacts, HealthStatus, PartState, StoreHealth } from './types.ts'

/** Days before its end from which on a credential is a warning here; the log warns earlier. */
const urgent = 7

/** What the facts come to. Pure. */
export function judgeHealth (facts: HealthFacts): Health {
  const database = storeHealth(facts.databaseFailure)
  const redis = facts.redisFailure === undefined ? null : storeHealth(facts.redisFailure)
  const keys = facts.keys === null ? null : { state: stateOfKeys(facts.keys), ...facts.keys }
  const credentials = { state: stateOfCredentials(facts.credentials), list: facts.credentials }
  return {
    status: statusOf([database, redis], [keys, credentials]),
    checkedAt: facts.now,
    signIns: facts.signIns,
    simulated: facts.simulated,
    database,
    redis,
    keys,
    credentials
  }
}

type Part = { readonly state: PartState } | null

/**
 * Without a store nobody is anybody: another server may do better. What is wrong between this application and Microsoft
 * is so on all servers, and taking them out would sign out those who are in.
 */
function statusOf (stores: readonly Part[], forSignIns: readonly Part[]): HealthStatus {
  const isFailing = (part: Part): boolean => part?.state === 'failing'
  if (stores.some(isFailing)) return 'failing'
  return forSignIns.some(isFailing) ? 'degraded' : 'ok'
}

function storeHealth (reason: string | null): StoreHealth {
  return { state: reason === null ? 'ok' : 'failing', reason }
}

/** Keys are fetched when somebody signs in: old ones are no sign of anything unless fetching new ones has failed. */
function stateOfKeys ({ failedAt, usable }: KeySetState): PartState {
  if (failedAt === null) return 'ok'
  return usable ? 'warning' : 'failing'
}

/** One that works is enough: Microsoft is asked with the next one where one is refused. */
function stateOfCredentials (list: readonly CredentialSummary[]): PartState {
  if (!list.some(({ state }) => state === 'ok' || state === 'expiring')) return 'failing'
  return list.every(isGood) ? 'ok' : 'warning'
}

function isGood ({ state, daysLeft }: CredentialSummary): boolean {
  return state === 'ok' || (state === 'expiring' && daysLeft! >= urgent)
}
