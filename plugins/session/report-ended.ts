import type { FastifyBaseLogger } from 'fastify'
import { reasonOf } from '../../src/core/errors.ts'
import type { SignIn } from '../sign-in.ts'

/** Why sessions ended, for the audit. */
export type Ending =
  | 'ended_from_list' | 'ended_others' | 'signed_out_everywhere' | 'too_many_sessions'
  | 'ended_at_microsoft' | 'account_gone' | 'not_confirmed'

/** Reports that sessions of a user were ended. Never rejects: they are over, whoever could not be told. */
export async function reportEnded (
  { report }: Pick<SignIn, 'report'>, log: FastifyBaseLogger, userId: string, reason: Ending, requestId: string | null = null
): Promise<void> {
  try {
    await report({ type: 'sessions_ended', userId, reason, requestId })
  } catch (error) {
    log.error({ reason: reasonOf(error) }, 'an event could not be kept')
  }
}
