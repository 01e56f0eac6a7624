import fastifySession, { type FastifySessionOptions } from '@fastify/session'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Environment } from '../../src/core/environment.ts'
import { randomToken } from '../../src/core/environment.ts'
import { ConfigurationError, refuse } from '../../src/core/errors.ts'
import { clearCookie, cookieAttributes, cookieName, cookiesOf } from '../cookies.ts'
import type { ProviderConfig } from '../../src/provider/config.ts'
import type { SignIn } from '../sign-in.ts'
import { createCookieSigner } from './cookie-signer.ts'

/**
 * Carries the id of a session between browser and server, on @fastify/session.
 * It carries the id and nothing else: whether there is a session, and whose,
 * is in our own store alone. So nothing that the package writes late, for a
 * request that was in flight during sign-out, can bring a session back.
 */
export interface Carrier {
  /** The id that the browser sent, with a signature of ours; `null` where there is none. */
  idOf: (request: FastifyRequest) => string | null
  /** Gives the browser a new id, in place of the one it had (session fixation, ASVS 7.2.4). */
  adopt: (request: FastifyRequest, id: string) => Promise<void>
  /** Signs a good id with the newest secret, where an older one had signed it. */
  renew: (request: FastifyRequest) => Promise<void>
  /** Takes the id from the browser. */
  drop: (request: FastifyRequest) => Promise<void>
}

declare module 'fastify' {
  interface Session {
    /** The id of the sign-in's session: a secret. */
    entra?: string
  }
}

/** What the session plugin's options say about the cookie. */
export interface CarrierOptions {
  readonly cookieName: string
  /** Whether the application chose that name. */
  readonly cookieNameIsGiven: boolean
  readonly absoluteTimeout: number
}

/** Uses the application's @fastify/session where it registered one before us, else registers it. */
export async function createCarrier (app: FastifyInstance, signIn: SignIn, options: CarrierOptions): Promise<Carrier> {
  if (!app.hasRequestDecorator('session')) return await registerCarrier(app, signIn, options)
  if (!app.hasDecorator('decryptSession')) {
    throw new ConfigurationError('fastify-entra/session: request.session belongs to another plugin than @fastify/session. Register that plugin after this one under another name, or leave the session plugin out and use "onSignIn".')
  }
  if (options.cookieNameIsGiven) {
    throw new ConfigurationError('fastify-entra/session: option "cookieName" was given, but the cookie is that of the application\'s own @fastify/session. Give that plugin the name.')
  }
  return applicationCarrier(signIn.config)
}

/** A path that no request has: @fastify/session does nothing for a request by itself, and makes a session when it is asked to. */
const nowhere = '/ '

async function registerCarrier (
  app: FastifyInstance, { config, keys }: SignIn, options: CarrierOptions
): Promise<Carrier> {
  const name = cookieName(options.cookieName, config)
  const chosen = new WeakMap<object, string>()
  const carried = new WeakMap<FastifyRequest, Carried | null>()
  const dropped = new WeakSet<object>()
  const send = sendCookie(name, config)
  const signer = createCookieSigner(keys('session-cookie').map((key) => key.toString('base64url')))
  await app.register(fastifySession, {
    secret: signer,
    cookieName: name,
    cookie: { ...cookieAttributes(config), path: nowhere, maxAge: options.absoluteTimeout } as FastifySessionOptions['cookie'] & {},
    // Else every visitor gets a session, and every answer writes one.
    saveUninitialized: false,
    rolling: false,
    idGenerator: (request) => chosen.get(request as object) ?? newSessionId(config.environment),
    store: idsOnly
  })
  // Not before: who signs in with a session that is over is given another one, and no answer sets a cookie twice (RFC 6265 section 4.1.1).
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (dropped.has(request)) clearCookie(reply, name, config)
    const foreign = isOpen(request) ? null : foreignDataError(request.session)
    if (foreign === null) done()
    else done(foreign)
  })
  return {
    idOf: (request) => carriedBy(request)?.id ?? null,
    adopt: async (request, id) => {
      dropped.delete(request)
      await open(request)
      chosen.set(request, id)
      await request.session.regenerate()
      request.session.entra = id
      await send(request)
      carried.set(request, { id, isOld: false, signed: '' })
    },
    renew: async (request) => {
      const found = carriedBy(request)
      if (found === null || !found.isOld) return
      await open(request, found.signed)
      await send(request)
    },
    drop: async (request) => {
      carried.set(request, null)
      // One that was given a moment ago is not sent.
      if (isOpen(request)) await request.session.regenerate()
      dropped.add(request)
    }
  }

  /** What the browser sent; read once, since an application's @fastify/cookie may come later than we do. */
  function carriedBy (request: FastifyRequest): Carried | null {
    let found = carried.get(request)
    if (found === undefined) {
      const signed = (request.cookies ??= cookiesOf(request) as typeof request.cookies)[name]
      const { value, renew } = signed === undefined ? nobody : signer.unsign(signed)
      found = value === null ? null : { id: value, isOld: renew, signed: signed! }
      carried.set(request, found)
    }
    return found
  }

  /** Has @fastify/session make its session of a request: that of a cookie, or an empty one. */
  async function open (request: FastifyRequest, signed = ''): Promise<void> {
    // Our store never fails: it keeps nothing.
    await new Promise<void>((resolve) => { app.decryptSession(signed, request, { path: '/' }, () => resolve()) })
  }
}

/** The id in a cookie. */
interface Carried {
  readonly id: string
  /** Whether an older secret has signed it. */
  readonly isOld: boolean
  readonly signed: string
}

const nobody = { value: null, renew: false } as const

/** Whether @fastify/session has made a session of its own, and not only a place for one; where a hook before it failed, it has not even that. */
function isOpen ({ session }: FastifyRequest): boolean {
  return session?.sessionId !== undefined
}

/**
 * Hides our cookie from what @fastify/session does when the answer is sent: it
 * clears a cookie that it does not know, without the attributes that a
 * `__Host-` cookie is cleared with, and a second time where another one is set.
 */
function hideCookie (request: FastifyRequest, name: string): void {
  delete request.cookies[name]
}

/**
 * Has @fastify/session send its cookie, with all attributes spelt out: those
 * that it leaves out an application's own @fastify/cookie would fill in.
 */
function sendCookie (name: string, config: ProviderConfig): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    hideCookie(request, name)
    const { expires } = request.session.cookie
    Object.assign(request.session.cookie, { toJSON: () => ({ ...cookieAttributes(config), expires, maxAge: undefined }) })
    await request.session.save()
  }
}

/** An id that nobody can guess: 256 bits. */
export function newSessionId (environment: Pick<Environment, 'randomBytes'>): string {
  return randomToken(environment)
}

type Callback = (error?: unknown, session?: { entra: string }) => void

/** A store for @fastify/session that keeps nothing: the signed id in the cookie is all there is to know. */
const idsOnly = {
  get: (id: string, callback: Callback) => callback(null, { entra: id }),
  set: (_id: string, session: object, callback: Callback) => callback(foreignDataError(session)),
  destroy: (_id: string, callback: Callback) => callback()
} as unknown as NonNullable<FastifySessionOptions['store']>

/** Data that an application puts into the session would be lost without a word: it is refused instead. */
function foreignDataError (session: object | null): Error | null {
  const foreign = Object.keys(session ?? {}).find((key) => key !== 'cookie' && key !== 'entra')
  if (foreign === undefined) return null
  return new ConfigurationError(`fastify-entra/session keeps no data of the application, but request.session.${foreign} was set. Register @fastify/session with a store of your own before this plugin.`)
}

/**
 * The application's own @fastify/session carries the id among its data. What
 * an anonymous visitor had there stays; what another user had goes.
 */
function applicationCarrier (config: ProviderConfig): Carrier {
  return {
    idOf: (request) => request.session?.entra ?? null,
    adopt: async (request, id) => {
      requireGuardedCookie(request, config)
      const kept = request.session.entra === undefined ? Object.keys(request.session).filter((key) => key !== 'cookie') : []
      await request.session.regenerate(kept)
      request.session.entra = id
      await request.session.save()
    },
    renew: async () => {},
    drop: async (request) => {
      await request.session.regenerate()
    }
  }
}

/** The cookie that carries a sign-in is held to the rules of ours, whoever sets it. */
function requireGuardedCookie (request: FastifyRequest, config: ProviderConfig): void {
  const { httpOnly, sameSite, secure } = request.session.cookie
  if (httpOnly === true && /^(?:lax|strict|true)$/i.test(String(sameSite)) && (secure === true || !config.secure)) return
  request.log.error('the application\'s own @fastify/session must set its cookie with httpOnly: true, sameSite: "lax" or "strict", and with https also secure: true')
  throw refuse('insecure_transport', 'session_cookie_attributes')
}
