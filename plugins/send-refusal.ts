import type { FastifyReply } from 'fastify'
import { nodeHttp } from '../src/core/node-http.ts'

/** What a refusal says to a script. */
export interface Refusal {
  readonly statusCode: number
  readonly code: string
  readonly message: string
}

/**
 * Answers with a refusal in Fastify's own form. A plain object: sent as an error it would go on to the application's own
 * error handler.
 *
 * @param more - What else is in the answer.
 */
export function sendRefusal ({ statusCode, code, message }: Refusal, reply: FastifyReply, more: object = {}): FastifyReply {
  return reply.code(statusCode).send({ statusCode, code, error: nodeHttp.STATUS_CODES[statusCode], message, ...more })
}
