import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import { wantsPage } from '../../src/core/request-origin.ts'
import { type AdminConsentResult, consentState, readAdminConsentResponse } from '../../src/provider/admin-consent.ts'
import type { AdminConsentIntent, Intent } from '../../src/provider/types.ts'
import type { AdminConsentParts } from '../admin-consent.ts'
import { requireSecureTransport } from '../cookies.ts'
import type { BrowserAttempts } from '../provider/attempts.ts'
import { withQuery } from '../query.ts'
import { signInOf } from '../sign-in.ts'

/**
 * The callback. It takes the browser back to where people sign in, and does nothing else: nothing that it is told is
 * proven, so nothing is stored and nobody is let in.
 */
export function finishAdminConsent ({ onAdminConsent }: AdminConsentParts, attempts: BrowserAttempts) {
  return async function finishAdminConsentHandler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    requireSecureTransport(request, signInOf(request.server).config)
    const query = (request.query ?? {}) as Record<string, unknown>
    const { intent, returnTo } = await attempts.take(request, reply, consentState(query), isAdminConsent)
    const result = readAdminConsentResponse(query, intent.tenant)
    request.log.info({ tenant: result.tenant, granted: result.granted }, 'an administrator came back from Microsoft, as the browser says')
    await onAdminConsent?.(request, reply, result)
    return reply.sent ? reply : answer(request, reply, result, returnTo)
  }
}

function isAdminConsent (intent: Intent): intent is AdminConsentIntent {
  return typeof intent === 'object' && intent?.action === 'admin-consent'
}

/** Who allowed it goes on to sign in, or to where they came from where they are signed in already. */
function answer (request: FastifyRequest, reply: FastifyReply, result: AdminConsentResult, returnTo: string): FastifyReply {
  if (!result.granted) throw refuse('access_denied', { reason: 'admin_consent_declined', actor: 'administrator', remedy: 'Ask the administrator why; the link can be opened again.' })
  const { allowedReturnTarget, defaultReturnTo, errorUrl, sessionUserOf, signInUrl } = signInOf(request.server)
  // As with refusals: where nothing shows pages, browsers get JSON as well.
  if (!wantsPage(request.headers) || errorUrl === null) return reply.send(result)
  const target = allowedReturnTarget(returnTo) ?? defaultReturnTo()
  const isSignedIn = sessionUserOf !== null && sessionUserOf(request) !== null
  return reply.redirect(isSignedIn ? target : withQuery(signInUrl, { return_to: target, consented: '1' }), 303)
}
