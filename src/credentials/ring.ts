import { elapsed, type Environment } from '../core/environment.ts'
import { daysUntil, expiryStage } from './expiry.ts'
import type { ClientCredential, CredentialFailure, CredentialState, CredentialSummary } from './types.ts'

/** An hour: that long a credential that was refused stands behind the others. It is the last resort even then. */
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
  /** When it was refused, and not accepted since. */
  failingSince: number | null
  /** Since when it stands behind the others. */
  restingSince: number | null
  /** Whether a request is trying it again, so that its failure is news. */
  isRetried: boolean
}

/**
 * Remembers which credentials do. In the order that they were given in, those go first that are good by their dates and
 * were not refused within the last hour; whoever is refused gives way at once, and so the one that does is used from
 * then on. After the hour one request, and no more, tries the refused one again in its place.
 */
export function createCredentialRing (
  credentials: readonly ClientCredential[], environment: Pick<Environment, 'now'>, listener: CredentialListener
): CredentialRing {
  const standings = new Map<ClientCredential, Standing>(credentials.map((credential) => [credential, {
    lastUsedAt: null, lastFailedAt: null, failingSince: null, restingSince: null, isRetried: false
  }]))
  const standingOf = (credential: ClientCredential): Standing => standings.get(credential)!
  // Elapsed time has no sign, so a clock that jumps ends the rest early and never makes it longer (abuse case D22).
  const isResting = ({ restingSince }: Standing): boolean => restingSince !== null && elapsed(environment, restingSince) < restTime

  return { credentials, order, succeeded, failed, exhausted: listener.exhausted, summaries: () => credentials.map(summaryOf) }

  function order (): readonly ClientCredential[] {
    const now = environment.now()
    const rank = (credential: ClientCredential): number => (isResting(standingOf(credential)) ? 2 : 0) + (isOutOfDate(credential, now) ? 1 : 0)
    const ranked = credentials.map((credential) => ({ credential, rank: rank(credential) })).sort((a, b) => a.rank - b.rank)
    const [first] = ranked
    markRetried(standingOf(first!.credential), now)
    return ranked.map(({ credential }) => credential)
  }

  /** The rest begins anew for everybody else, until this request knows better. */
  function markRetried (standing: Standing, now: number): void {
    if (standing.failingSince === null || isResting(standing)) return
    standing.restingSince = now
    standing.isRetried = true
  }

  function succeeded (credential: ClientCredential): void {
    const standing = standingOf(credential)
    const wasFailing = standing.failingSince !== null
    Object.assign(standing, { lastUsedAt: environment.now(), failingSince: null, restingSince: null, isRetried: false })
    if (wasFailing) listener.recovered(credential.name)
  }

  function failed (credential: ClientCredential, failure: CredentialFailure): void {
    const standing = standingOf(credential)
    const isNews = standing.failingSince === null || standing.isRetried
    const now = environment.now()
    Object.assign(standing, { lastFailedAt: now, failingSince: standing.failingSince ?? now, restingSince: now, isRetried: false })
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
    if (standingOf(credential).failingSince !== null) return 'failing'
    if (credential.notBefore !== null && now < credential.notBefore) return 'not_yet_valid'
    const stage = expiryStage(credential, now)
    if (stage === null) return 'ok'
    return stage === 0 ? 'expired' : 'expiring'
  }
}

function isOutOfDate ({ notBefore, expiresAt }: ClientCredential, now: number): boolean {
  return (notBefore !== null && now < notBefore) || (expiresAt !== null && expiresAt <= now)
}
