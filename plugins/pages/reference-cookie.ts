import type { FastifyReply, FastifyRequest } from 'fastify'
import { referenceOf } from '../../src/pages/reference.ts'
import type { ProviderConfig } from '../../src/provider/config.ts'
import { cookieAttributes, cookieName, cookiesOf } from '../cookies.ts'

/** How long the error page may be on its way, in seconds. */
const lifetime = 300

/**
 * The cookie by which the error page knows the request that was refused before the browser was sent there. Not in the
 * address: anybody can write one.
 */
export interface ReferenceCookie {
  readonly set: (reply: FastifyReply, code: string, requestId: string) => void
  /** Of the last refusal in this browser, where it had that code. */
  readonly find: (request: FastifyRequest, code: string) => string | null
}

/** The cookie of a site. */
export function createReferenceCookie (config: Pick<ProviderConfig, 'secure' | 'origin'>): ReferenceCookie {
  const name = cookieName('entra-refusal', config)
  return {
    set: (reply, code, requestId) => {
      if (referenceOf(requestId) !== null) reply.setCookie(name, `${code}/${requestId}`, { ...cookieAttributes(config), maxAge: lifetime })
    },
    find: (request, code) => {
      const [about, id] = (cookiesOf(request)[name] ?? '').split('/')
      return about === code ? referenceOf(id) : null
    }
  }
}
