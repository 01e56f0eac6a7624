import type { AuthEvent, AuthEventType } from '../core/events.ts'

/**
 * One row of the audit: an event as it is kept. `address` is a keyed hash of the canonical address, or the address
 * itself under option `auditAddresses`. After the user was deleted `identity` and `address` are `null`.
 */
export interface AuditEntry extends AuthEvent {
  /** Sorts by time: 32 hexadecimal digits. */
  readonly id: string
}

/** Which entries a list shows. */
export interface AuditQuery {
  /** Only those of a user. */
  readonly userId?: string | undefined
  /** Only those of a type. */
  readonly type?: AuthEventType | undefined
  /** Only older ones: the `id` of the last entry of the page before, or milliseconds since 1970. */
  readonly before?: string | number | undefined
  /** At most so many: 1 to 1000, default 100. */
  readonly limit?: number | undefined
}

/** A query as the store is asked. */
export interface AuditPage {
  readonly userId: string | null
  readonly type: AuthEventType | null
  /** Only entries whose id sorts before this one. */
  readonly before: string | null
  readonly limit: number
}

/** Where the audit is kept. */
export interface AuditStore {
  /**
   * Writes entries, all or none.
   *
   * @param forgotten - Users whose entries, these among them, lose identity and address in the same write; entries
   * about their identities that name no user do, too.
   */
  add: (entries: readonly AuditEntry[], forgotten: readonly string[]) => Promise<void>
  /** Entries, newest first. */
  list: (page: AuditPage) => Promise<AuditEntry[]>
  /** Removes at most `limit` of the entries whose id sorts before `before`, oldest first. */
  sweep: (before: string, limit: number) => Promise<void>
}
