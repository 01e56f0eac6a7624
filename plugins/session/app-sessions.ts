import type { FastifyInstance, FastifyRequest } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import type { Sessions } from '../../src/session/sessions.ts'
import { signInOf } from '../sign-in.ts'
import type { Carrier } from './carrier.ts'
import { reportEnded } from './report-ended.ts'
import type { AppSessions } from './types.ts'
import type { Visitors } from './visitors.ts'

/** Makes `app.sessions`. */
export function createAppSessions (
  app: FastifyInstance, carrier: Carrier, sessions: Sessions, visitors: Visitors
): AppSessions {
  const signIn = signInOf(app)
  return Object.freeze({
    list: async (userId: string, request?: FastifyRequest) =>
      await sessions.listOf(checkUserId(userId), request && (carrier.idOf(request) ?? undefined)),

    end: async (userId: string, handle: string) => {
      const wasThere = await sessions.endOf(checkUserId(userId), handle)
      if (wasThere) await reportEnded(signIn, app.log, userId, 'ended_from_list')
      return wasThere
    },

    endOthers: async (request: FastifyRequest) => {
      const record = visitors.recordOf(request)
      if (record === null) throw refuse('unauthenticated', 'no_session')
      await sessions.endAllOf(record.user.id, carrier.idOf(request)!)
      await reportEnded(signIn, request.log, record.user.id, 'ended_others', String(request.id))
    },

    signOutEverywhere: async (userId: string) => {
      await sessions.endAllOf(checkUserId(userId))
      await reportEnded(signIn, app.log, userId, 'signed_out_everywhere')
    }
  })
}

/** What is no text is nobody's id, and no store is asked for it. */
function checkUserId (userId: unknown): string {
  if (typeof userId !== 'string') throw refuse('invalid_request', 'wrong_user_id')
  return userId
}
