import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { SessionUser } from '../../src/session/types.ts'
import type { SignIn } from '../sign-in.ts'

/** Who is signed in to the application: whose session the provider's hangs on. */
export interface Owner {
  readonly userId: string
  readonly user: SessionUser
  /** Key of the application's session, as its store has it. */
  readonly appSession: string
  /** When the person signed in at Microsoft, in milliseconds since 1970. */
  readonly authenticatedAt: number
}

/** Finds out who a request of oidc-provider's comes from: it knows Node's requests, and the session is Fastify's. */
export interface Owners {
  /** Notes which of Fastify's requests it is. */
  readonly note: (request: FastifyRequest) => void
  /** Fastify's request of one that was noted. */
  readonly requestOf: (raw: IncomingMessage) => FastifyRequest
  /** Who is signed in; `null` for nobody, and for who is disabled or gone meanwhile. */
  readonly ownerOf: (request: FastifyRequest) => Promise<Owner | null>
}

/** @param signIn - Of the application. Sessions and users are asked, whoever an application has put on the request. */
export function createOwners (signIn: SignIn): Owners {
  const requests = new WeakMap<IncomingMessage, FastifyRequest>()
  return {
    note: (request) => { requests.set(request.raw, request) },
    requestOf: (raw) => requests.get(raw)!,
    ownerOf: async (request) => {
      const user = signIn.sessionUserOf!(request)
      if (user === null || !await signIn.isActive!(user)) return null
      return { userId: user.id, user, appSession: signIn.sessionOf!(request)!, authenticatedAt: signIn.authenticatedAtOf!(request)! }
    }
  }
}
