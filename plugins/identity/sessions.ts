import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type Provider from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { recentAcr } from '../../src/identity/recent-acr.ts'
import { sidOf, uidOf } from '../../src/identity/sid.ts'
import type { ArtifactPayload } from '../../src/identity/types.ts'
import { isRecent, recent } from '../../src/session/recent.ts'
import { reportSignedOut } from '../reports.ts'
import type { Owner } from './owners.ts'
import type { Parts } from './parts.ts'

/** What is used of oidc-provider's session beyond its types. */
interface ProviderSession {
  uid: string
  jti: string
  accountId?: string
  acr?: string | undefined
  loginTs?: number
  authorizations?: unknown
  touched?: boolean
  destroyed?: boolean
}

interface SessionClass {
  prototype: ProviderSession
  instantiate: (payload?: ArtifactPayload) => ProviderSession
  get: (ctx: { req: IncomingMessage, cookies: { get: (name: string) => string | undefined }, oidc?: KoaContextWithOIDC['oidc'] }) => Promise<ProviderSession>
}

/**
 * Ties the provider's session to the application's. There is no second cookie: who is signed in to the application is
 * signed in here, and nobody else is. So it cannot outlive the application's, cannot be planted (RFC 9700 section 4.7),
 * and is not asked for twice.
 */
export function tieSessions (provider: Provider, parts: Parts): void {
  const { owners, artifacts, oidc, project, signIn } = parts
  const { environment } = signIn.config
  const Session = provider.Session as unknown as SessionClass
  const save = Reflect.get(Session.prototype, 'save') as (this: ProviderSession, ttl: number) => Promise<string>

  Session.get = async (ctx) => {
    const request = owners.requestOf(ctx.req)
    const owner = await owners.ownerOf(request)
    if (ctx.oidc?.route === 'resume') await requireAnswerOf(owner, ctx)
    const session = owner === null ? Session.instantiate() : await sessionOf(owner, request)
    // Here the package tells the apps that it finds in the session; they are told when the application's session ends, all of them.
    if (ctx.oidc?.route === 'end_session_confirm') delete session.authorizations
    ctx.oidc?.entity('Session', session)
    return session
  }

  Object.assign(Session.prototype, {
    /** Of somebody who is not signed in there is nothing to keep. */
    save: async function (this: ProviderSession, ttl: number) {
      if (this.accountId !== undefined) return await save.call(this, ttl)
      this.touched = false
      return this.jti
    },

    /** The end of a sign-out that an app has asked for: the application's session ends, and all that hangs on it. */
    destroy: async function (this: ProviderSession) {
      await signOut(oidc.default.ctx!.req)
      this.destroyed = true
    },

    /** It is signed in by the application's session, and the id opens nothing: there is nothing to renew. */
    resetIdentifier: () => {},

    /** Who is signed in is decided by the application's session, which an interaction has waited for; never by the interaction. */
    loginAccount: () => {},

    sidFor: function (this: ProviderSession, clientId: string) {
      return sidOf(this.uid, clientId)
    }
  })

  /** Whoever has signed in meanwhile, in the same browser, goes on with nothing that was somebody else's; and is not signed out for it, as the package would have it. */
  async function requireAnswerOf (owner: Owner | null, { cookies }: Parameters<SessionClass['get']>[0]): Promise<void> {
    const interaction = await provider.Interaction.find(cookies.get(provider.cookieName('resume')) ?? '')
    const { login, select_account: chosen } = (interaction?.result ?? {}) as Record<string, { readonly accountId?: string } | undefined>
    const answerer = (login ?? chosen)?.accountId
    if (answerer !== undefined && answerer !== owner?.userId) throw new oidc.errors.SessionNotFound('somebody else is signed in now')
  }

  async function sessionOf (owner: Owner, request: FastifyRequest): Promise<ProviderSession> {
    const known = await artifacts.sessionOf(owner.appSession)
    const uid = uidOf(project.name, owner.appSession)
    const session = Session.instantiate(known ?? { uid, jti: uid })
    if (known === undefined && !await isBound(uid, owner.appSession, request)) return Session.instantiate()
    return Object.assign(session, {
      accountId: owner.userId,
      loginTs: Math.floor(owner.authenticatedAt / 1_000),
      acr: isRecent(owner.authenticatedAt, recent, environment) ? recentAcr : undefined
    })
  }

  /** Says whether the application's session was still alive when this one was bound to it: else nobody would end it. */
  async function isBound (uid: string, appSession: string, request: FastifyRequest): Promise<boolean> {
    await artifacts.bind(uid, appSession)
    const isAlive = await signIn.sessionIsAlive!(request)
    if (!isAlive) await artifacts.endSession(appSession)
    return isAlive
  }

  async function signOut (raw: IncomingMessage): Promise<void> {
    const request = owners.requestOf(raw)
    const { id, identity } = signIn.sessionUserOf!(request)!
    await signIn.cancelSession!(request)
    await reportSignedOut(request, { userId: id, identity })
  }
}
