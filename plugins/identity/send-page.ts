import type { FastifyReply } from 'fastify'
import { contentSecurityPolicy } from '../../src/pages/layout.ts'

/** Sends a page of ours, with the policy that keeps scripts and frames out. */
export function sendPage (reply: FastifyReply, page: string, policy: string = contentSecurityPolicy): FastifyReply {
  return reply
    .header('content-security-policy', policy)
    .header('x-content-type-options', 'nosniff')
    .type('text/html; charset=utf-8')
    .send(page)
}
