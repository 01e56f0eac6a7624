import { elapsed, type Environment } from '../core/environment.ts'
import { daysUntil, expiryStage } from './expiry.ts'
import type { ClientCredential, CredentialFailure, CredentialState, CredentialSummary } from './types.ts'

/** An hour: after that a credential that was refused is tried again. Until then it is the last resort. */
export const restTime = 3_600_000

/** Told of what credentials come to. */
export interface CredentialListener {
  /** A credential that did, or that was tried again after a rest, failed. Not told for each of many requests at once. */
  readonly failed: (name: string, failure: CredentialFailure) => void
  /** A credential that had failed does again. */
  readonly recovered: (name: string) => void
  /** One exchange has tried all credentials, and none did. */
  readonly exhausted: () => void
}

/** The credentials of an application, and how they do. */
export interface CredentialRing {
  /** In the order in which they were given. */
  readonly credentials: readonly ClientCredential[]
  /** In which order to try them now. */
  readonly order: () => readonly ClientCredential[]
  readonly succeeded: (credential: ClientCredential) => void
  readonly failed: (credential: ClientCredential, failure: CredentialFailure) => void
  readonly exhausted: () => void
  readonly summaries: () => readonly CredentialSummary[]
}

interface Standing {
  lastUsedAt: number | null
  lastFailedAt: number | null
  /** Since when nobody begins with it; `null` for one that was not refused the last time. */
  restingSince: number | null
  /** Whether a request is trying it again, so that its failure is news. */
  isRetried: boolean
}

/**
 * Remembers which credentials do. In the order that they were given in, those go first that were not refused the last
 * time and are good by their dates; whoever is refused gives way at once, and so the one that does is used from then
 * on. After an hour one request, and no more, begins with the refused one; where it does again, it has its place back.
 */
export function createCredentialRing (
  credentials: readonly ClientCredential[], environment: Pick<Environment, 'now'>, listener: CredentialListener
): CredentialRing {
  const standings = new Map<ClientCredential, Standing>(credentials.map((credential) => [credential, {
    lastUsedAt: null, lastFailedAt: null, restingSince: null, isRetried: false
  }]))
  const standingOf = (credential: ClientCredential): Standing => standings.get(credential)!
  const isFailing = (credential: ClientCredential): boolean => standingOf(credential).restingSince !== null
  // Elapsed time has no sign, so a clock that jumps ends the rest early and never makes it longer (abuse case D22).
  const isRested = (credential: ClientCredential): boolean => isFailing(credential) && elapsed(environment, standingOf(credential).restingSince!) >= restTime

  return { credentials, order, succeeded, failed, exhausted: listener.exhausted, summaries: () => credentials.map(summaryOf) }

  function order (): readonly ClientCredential[] {
    const now = environment.now()
    const retried = takeRetried(now)
    const rank = (credential: ClientCredential): number => credential === retried ? -1 : (isFailing(credential) ? 2 : 0) + (isOutOfDate(credential, now) ? 1 : 0)
    return [...credentials].sort((a, b) => rank(a) - rank(b))
  }

  /** The first one that has rested. Its rest begins anew for everybody else, until this request knows better. */
  function takeRetried (now: number): ClientCredential | null {
    const retried = credentials.find((one) => isRested(one) && !isOutOfDate(one, now))
    if (retried === undefined) return null
    Object.assign(standingOf(retried), { restingSince: now, isRetried: true })
    return retried
  }

  function succeeded (credential: ClientCredential): void {
    const standing = standingOf(credential)
    const wasFailing = isFailing(credential)
    Object.assign(standing, { lastUsedAt: environment.now(), restingSince: null, isRetried: false })
    if (wasFailing) listener.recovered(credential.name)
  }

  function failed (credential: ClientCredential, failure: CredentialFailure): void {
    const standing = standingOf(credential)
    const isNews = !isFailing(credential) || standing.isRetried
    const now = environment.now()
    Object.assign(standing, { lastFailedAt: now, restingSince: now, isRetried: false })
    if (isNews) listener.failed(credential.name, failure)
  }

  function summaryOf (credential: ClientCredential): CredentialSummary {
    const { name, kind, expiresAt } = credential
    const { lastUsedAt, lastFailedAt } = standingOf(credential)
    const now = environment.now()
    const daysLeft = expiresAt === null ? null : daysUntil(expiresAt, now)
    return Object.freeze({ name, kind, state: stateOf(credential, now), expiresAt, daysLeft, lastUsedAt, lastFailedAt })
  }

  function stateOf (credential: ClientCredential, now: number): CredentialState {
    if (isFailing(credential)) return 'failing'
    if (credential.notBefore !== null && now < credential.notBefore) return 'not_yet_valid'
    const stage = expiryStage(credential, now)
    if (stage === null) return 'ok'
    return stage === 0 ? 'expired' : 'expiring'
  }
}

function isOutOfDate ({ notBefore, expiresAt }: ClientCredential, now: number): boolean {
  return (notBefore !== null && now < notBefore) || (expiresAt !== null && expiresAt <= now)
}
