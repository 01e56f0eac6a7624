import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import { mayBeNavigation } from '../../src/core/request-origin.ts'
import { adminConsentRequest, consentTenant } from '../../src/provider/admin-consent.ts'
import type { AdminConsentParts } from '../admin-consent.ts'
import { requireSecureTransport } from '../cookies.ts'
import type { BrowserAttempts } from '../provider/attempts.ts'
import { warnOfOtherHost } from '../provider/start.ts'
import { signInOf } from '../sign-in.ts'

/** The start route: hands the browser an attempt, and sends it where an administrator is asked. Anybody may open it; at Microsoft an administrator signs in. */
export function startAdminConsent ({ redirectUri, scopes }: AdminConsentParts, attempts: BrowserAttempts) {
  return async function startAdminConsentHandler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { config, checkReturnTarget, defaultReturnTo } = signInOf(request.server)
    if (!mayBeNavigation(request.headers)) throw refuse('invalid_request', 'not_a_navigation')
    requireSecureTransport(request, config)
    warnOfOtherHost(request, config.origin)

    const query = (request.query ?? {}) as Record<string, unknown>
    const tenant = consentTenant(query.tenant, config)
    const returnTo = checkReturnTarget(query.return_to ?? defaultReturnTo())
    const { state } = await attempts.start(request, reply, { returnTo, intent: { action: 'admin-consent', tenant } })
    return reply.redirect(adminConsentRequest(config.authority, tenant, { clientId: config.clientId, scopes, redirectUri, state }), 303)
  }
}
