import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import type { Health, HealthSummary } from '../../src/health/types.ts'

/**
 * The health check. The status is for anybody who can reach it, such as a load balancer; how each part does, for whoever
 * has the token (RFC 6750). A wrong token is an answer of its own: whoever set it wants to know.
 *
 * @param token - `null` where nobody is told more.
 */
export function showHealth (check: () => Promise<Health>, token: string | null) {
  return async function showHealthHandler (request: FastifyRequest, reply: FastifyReply): Promise<Health | HealthSummary> {
    const { authorization } = request.headers
    if (authorization !== undefined && (token === null || !isSame(authorization, `Bearer ${token}`))) {
      reply.header('www-authenticate', 'Bearer')
      throw refuse('unauthenticated', 'wrong_health_token')
    }
    const health = await check()
    reply.code(health.status === 'failing' ? 503 : 200)
    return authorization === undefined ? { status: health.status, checkedAt: health.checkedAt } : health
  }
}

/** Hashed first: the comparison tells nothing of the length. */
function isSame (given: string, right: string): boolean {
  return timingSafeEqual(digest(given), digest(right))
}

function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
