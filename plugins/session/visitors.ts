import type { FastifyRequest } from 'fastify'
import type { SessionRecord } from '../../src/session/types.ts'

/**
 * Who requests come from. The user is on the request, where an application
 * may change it; the session's record is kept beside it, where nobody can.
 */
export interface Visitors {
  /** Puts the user of a session on a request, or takes it off. */
  readonly set: (request: FastifyRequest, record: SessionRecord | null) => void
  /** Keeps a session back until Microsoft has confirmed its account: nobody is on the request. */
  readonly hold: (request: FastifyRequest, record: SessionRecord) => void
  /** The session of a request; `null` where there is none, or it is kept back. */
  readonly recordOf: (request: FastifyRequest) => SessionRecord | null
  /** The session of a request that is kept back. */
  readonly heldOf: (request: FastifyRequest) => SessionRecord | null
  /** The session of a request, kept back or not: what its browser has. */
  readonly anyOf: (request: FastifyRequest) => SessionRecord | null
}

/** @param userDecorator - The name that the application chose for `request.user`. */
export function createVisitors (userDecorator: string): Visitors {
  const records = new WeakMap<FastifyRequest, SessionRecord | null>()
  const held = new WeakMap<FastifyRequest, SessionRecord>()
  const recordOf = (request: FastifyRequest): SessionRecord | null => records.get(request) ?? null
  const heldOf = (request: FastifyRequest): SessionRecord | null => held.get(request) ?? null
  return {
    set: (request, record) => {
      records.set(request, record)
      held.delete(request)
      Object.assign(request, { [userDecorator]: record === null ? null : record.user })
    },
    hold: (request, record) => { held.set(request, record) },
    recordOf,
    heldOf,
    anyOf: (request) => recordOf(request) ?? heldOf(request)
  }
}
