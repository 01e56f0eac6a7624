import { createHmac, createSecretKey } from 'node:crypto'
import type { Environment } from '../core/environment.ts'
import { refuse } from '../core/errors.ts'
import { everySoOften, sweptAtOnce } from '../core/every-so-often.ts'
import type { AuthEvent } from '../core/events.ts'
import type { AuditEntry, AuditPage, AuditQuery, AuditStore } from './types.ts'

/** The audit, for the application: who did what, when, by which evidence, with what outcome. */
export interface Audit {
  /**
   * Entries, newest first.
   *
   * @throws invalid_request where a part of the query is wrong; store_unavailable.
   */
  list: (query?: AuditQuery) => Promise<AuditEntry[]>
  /** All entries of a user, newest first, for whoever asks for their data. */
  export: (userId: string) => Promise<AuditEntry[]>
  /**
   * Takes identity and address out of the entries of a user. `accounts.delete` does so by itself; this is for users
   * who were deleted elsewhere.
   */
  anonymise: (userId: string) => Promise<void>
}

/** The audit, for the plugin that fills it. */
export interface AuditTrail extends Audit {
  /** Keeps events, all or none; those that are to be kept. */
  record: (events: readonly AuthEvent[]) => Promise<void>
}

/** What the audit works with. */
export interface AuditParts {
  readonly store: AuditStore
  readonly environment: Pick<Environment, 'now' | 'randomBytes'>
  /** 32 bytes: addresses are hashed with it. `null` keeps addresses as they are. */
  readonly addressKey: Buffer | null
  /** How long an entry is kept, in milliseconds. */
  readonly retention: number
}

const defaultLimit = 100
const longestPage = 1_000
/** What a proxy or an application chose as a request's id is cut to so many UTF-16 units. */
const requestIdKept = 100

/** Makes the {@link AuditTrail} of a store. */
export function createAudit ({ store, environment, addressKey, retention }: AuditParts): AuditTrail {
  const key = addressKey && createSecretKey(addressKey)
  const isSweepDue = everySoOften()
  let entries = 0
  return {
    record: async (events) => {
      const kept = events.filter(isKept)
      if (kept.length === 0) return
      const forgotten = kept.flatMap(({ type, userId }) => type === 'user_deleted' && userId !== null ? [userId] : [])
      await store.add(kept.map(entryOf), forgotten)
      await sweep()
    },
    list: async (query = {}) => await store.list(readQuery(query)),
    export: async (userId) => {
      const query = { userId: readText(userId), limit: longestPage }
      const all: AuditEntry[] = []
      let page: AuditEntry[]
      do {
        page = await store.list(readQuery({ ...query, before: all.at(-1)?.id }))
        all.push(...page)
      } while (page.length === longestPage)
      return all
    },
    anonymise: async (userId) => await store.add([], [readText(userId)])
  }

  function entryOf ({ address, requestId, ...event }: AuthEvent): AuditEntry {
    return {
      ...event,
      id: newId(event.at),
      address: address === null || key === null ? address : createHmac('sha256', key).update(address).digest('base64url'),
      requestId: requestId === null ? null : requestId.slice(0, requestIdKept)
    }
  }

  /** Time first, so that ids sort by it; then a count, for what happens at once; then chance, for other processes. */
  function newId (at: number): string {
    entries = (entries + 1) % 0x1000000
    return timeId(at) + hex(entries, 6) + environment.randomBytes(7).toString('hex')
  }

  async function sweep (): Promise<void> {
    if (!isSweepDue()) return
    // What was written is written: old rows that stay this time go the next time.
    await store.sweep(timeId(Math.max(0, environment.now() - retention)), sweptAtOnce).catch(() => {})
  }
}

/** Whoever is sent away for asking too often. */
const tooOften: ReadonlySet<string | null> = new Set(['too_many_requests', 'otp_locked'])

/** What befalls the application itself: the audit says what people did. */
const aboutNobody: ReadonlySet<string> = new Set(['credential_failed', 'credential_expiring'])

/**
 * Strangers must not fill the table: a refusal is kept where Microsoft, or a session, says who it was. Whoever asks
 * too often is not written down each time, either.
 */
function isKept ({ type, identity, userId, code }: AuthEvent): boolean {
  if (aboutNobody.has(type)) return false
  if (type !== 'refused' && type !== 'code_refused') return true
  return (identity !== null || userId !== null) && !tooOften.has(code)
}

function readQuery ({ userId, type, before, limit = defaultLimit }: AuditQuery): AuditPage {
  if (!Number.isInteger(limit) || limit < 1 || limit > longestPage) throw wrongQuery()
  return {
    userId: userId === undefined ? null : readText(userId),
    type: type === undefined ? null : readText(type),
    before: before === undefined ? null : readBefore(before),
    limit
  }
}

function readBefore (before: string | number): string {
  if (typeof before === 'string' && /^[\da-f]{32}$/.test(before)) return before
  if (Number.isSafeInteger(before) && (before as number) >= 0) return timeId(before as number)
  throw wrongQuery()
}

function readText<Text extends string> (value: Text): Text {
  if (typeof value !== 'string') throw wrongQuery()
  return value
}

function wrongQuery (): Error {
  return refuse('invalid_request', 'wrong_audit_query')
}

/** What the ids of a millisecond start with; sorts before all of them. */
function timeId (at: number): string {
  return hex(at, 12)
}

function hex (number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0')
}
