import type { FastifyRequest } from 'fastify'
import type { SessionRecord } from '../../src/session/types.ts'

/**
 * Who requests come from. The user is on the request, where an application
 * may change it; the session's record is kept beside it, where nobody can.
 */
export interface Visitors {
  /** Puts the user of a session on a request, or takes it off. */
  readonly set: (request: FastifyRequest, record: SessionRecord | null) => void
  /** The session of a request; `null` where there is none. */
  readonly recordOf: (request: FastifyRequest) => SessionRecord | null
}

/** @param userDecorator - The name that the application chose for `request.user`. */
export function createVisitors (userDecorator: string): Visitors {
  const records = new WeakMap<FastifyRequest, SessionRecord | null>()
  return {
    set: (request, record) => {
      records.set(request, record)
      Object.assign(request, { [userDecorator]: record === null ? null : record.user })
    },
    recordOf: (request) => records.get(request) ?? null
  }
}
