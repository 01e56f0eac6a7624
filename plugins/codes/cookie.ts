import type { FastifyReply, FastifyRequest } from 'fastify'
import { challengeLifetime } from '../../src/challenges/challenges.ts'
import type { ProviderConfig } from '../../src/provider/config.ts'
import { clearCookie, cookieAttributes, cookieName, cookiesOf } from '../cookies.ts'

/** The cookie that binds a challenge to one browser: its value is the challenge's id, and the store has only a hash of it. */
export interface CodeCookie {
  /** The id that the browser sent; `null` where there is none. */
  readonly idOf: (request: FastifyRequest) => string | null
  readonly set: (reply: FastifyReply, id: string) => void
  readonly clear: (reply: FastifyReply) => void
}

/** The cookie of a site. */
export function createCodeCookie (config: Pick<ProviderConfig, 'secure' | 'origin'>): CodeCookie {
  const name = cookieName('entra-code', config)
  return {
    idOf: (request) => {
      const id = cookiesOf(request)[name] ?? ''
      return /^[\w-]{43}$/.test(id) ? id : null
    },
    set: (reply, id) => { reply.setCookie(name, id, { ...cookieAttributes(config), maxAge: challengeLifetime / 1_000 }) },
    clear: (reply) => clearCookie(reply, name, config)
  }
}

/** What the CSRF token of a challenge is made from: never what that of a session is. */
export function csrfSubjectOf (id: string): string {
  return `code ${id}`
}
