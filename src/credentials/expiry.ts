import type { ClientCredential } from './types.ts'

const day = 86_400_000

/** How urgent it is: within 60, 30 or 7 days of the end, or after it (0). */
export type ExpiryStage = 60 | 30 | 7 | 0

const stages: readonly ExpiryStage[] = [0, 7, 30, 60]

/** Whole days until a moment; negative afterwards. The last day counts as 0. */
export function daysUntil (expiresAt: number, now: number): number {
  return Math.floor((expiresAt - now) / day)
}

/** How urgent the end of a credential is; `null` where it is far, or nobody knows when. */
export function expiryStage ({ expiresAt }: Pick<ClientCredential, 'expiresAt'>, now: number): ExpiryStage | null {
  if (expiresAt === null) return null
  return stages.find((stage) => expiresAt - now <= stage * day) ?? null
}

/** The end of a credential that is near or past. */
export interface ExpiryWarning {
  readonly name: string
  readonly stage: ExpiryStage
  readonly daysLeft: number
  readonly expiresAt: number
  /** Whether this stage was not told of before, by the same watch. */
  readonly isNew: boolean
}

/** Looks which credentials end soon. */
export type WatchExpiry = () => readonly ExpiryWarning[]

/** A watch that knows what it has told of, so that whoever is paged is paged once for each stage. */
export function createExpiryWatch (credentials: readonly ClientCredential[], now: () => number): WatchExpiry {
  const told = new Map<ClientCredential, ExpiryStage>()
  return () => credentials.flatMap((credential) => {
    const stage = expiryStage(credential, now())
    if (stage === null) return []
    const isNew = told.get(credential) !== stage
    told.set(credential, stage)
    const expiresAt = credential.expiresAt!
    return [{ name: credential.name, stage, daysLeft: daysUntil(expiresAt, now()), expiresAt, isNew }]
  })
}
