import type { IncomingMessage } from 'node:http'
import type Provider from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { recentAcr } from '../../src/identity/recent-acr.ts'
import { sidOf } from '../../src/identity/sid.ts'
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
  destroyed?: boolean
}

interface SessionClass {
  prototype: ProviderSession
  instantiate: (payload?: ArtifactPayload) => ProviderSession
  get: (ctx: { req: IncomingMessage, oidc?: KoaContextWithOIDC['oidc'] }) => Promise<ProviderSession>
}

/**
 * Ties the provider's session to the application's. There is no second cookie: who is signed in to the application is
 * signed in here, and nobody else is. So it cannot outlive the application's, cannot be planted (RFC 9700 section 4.7),
 * and is not asked for twice.
 */
export function tieSessions (provider: Provider, parts: Parts): void {
  const { owners, artifacts, oidc, signIn } = parts
  const { environment } = signIn.config
  const Session = provider.Session as unknown as SessionClass
  const save = Reflect.get(Session.prototype, 'save') as (this: ProviderSession, ttl: number) => Promise<string>

  Session.get = async (ctx) => {
    const owner = await owners.ownerOf(owners.exchangeOf(ctx.req).request)
    const session = owner === null ? Session.instantiate() : await sessionOf(owner)
    ctx.oidc?.entity('Session', session)
    return session
  }

  Object.assign(Session.prototype, {
    /** Of somebody who is not signed in there is nothing to keep. */
    save: async function (this: ProviderSession, ttl: number) {
      return this.accountId === undefined ? this.jti : await save.call(this, ttl)
    },

    /** The end of a sign-out that an app has asked for: the application's session ends, and all that hangs on it. */
    destroy: async function (this: ProviderSession) {
      await signOut(oidc.default.ctx!.req)
      this.destroyed = true
    },

    /** It is signed in by the application's session, and the id opens nothing: there is nothing to renew. */
    resetIdentifier: () => {},

    /** Who signs in is decided by the application's session, which an interaction has waited for; never by the interaction. */
    loginAccount: function (this: ProviderSession, { accountId }: { accountId: string }) {
      if (accountId !== this.accountId) throw new oidc.errors.SessionNotFound('somebody else is signed in now')
    },

    sidFor: function (this: ProviderSession, clientId: string) {
      return sidOf(this.uid, clientId)
    }
  })

  async function sessionOf (owner: Owner): Promise<ProviderSession> {
    const known = await artifacts.sessionOf(owner.appSession)
    const session = Session.instantiate(known?.accountId === owner.userId ? known : {})
    if (session.accountId === undefined) await artifacts.bind(session.uid, owner.appSession)
    return Object.assign(session, {
      accountId: owner.userId,
      loginTs: Math.floor(owner.authenticatedAt / 1_000),
      acr: isRecent(owner.authenticatedAt, recent, environment) ? recentAcr : undefined
    })
  }

  async function signOut (raw: IncomingMessage): Promise<void> {
    const { request, reply } = owners.exchangeOf(raw)
    const { id, identity } = signIn.sessionUserOf!(request)!
    await signIn.cancelSession!(request, reply)
    await reportSignedOut(request, { userId: id, identity })
  }
}
