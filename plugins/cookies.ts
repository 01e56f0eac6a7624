import fastifyCookie, { type CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../src/core/errors.ts'
import type { ProviderConfig } from '../src/provider/config.ts'

/** Registers @fastify/cookie, unless the application did so before us. */
export async function useCookies (app: FastifyInstance): Promise<void> {
  if (!app.hasReplyDecorator('setCookie')) await app.register(fastifyCookie)
}

/**
 * The name under which a cookie is sent. With https it starts with `__Host-`,
 * so that no other host and no plain-http page can plant it (RFC 6265bis).
 * With http it ends with the port: browsers share cookies between the ports of
 * a host, and two applications in development would sign each other's people out.
 */
export function cookieName (name: string, { secure, origin }: Pick<ProviderConfig, 'secure' | 'origin'>): string {
  return secure ? `__Host-${name}` : `${name}-${new URL(origin).port || '80'}`
}

/**
 * The attributes of all our cookies. Each is spelt out: the application's
 * own @fastify/cookie may have defaults that `__Host-` forbids.
 */
export function cookieAttributes (config: Pick<ProviderConfig, 'secure'>): CookieSerializeOptions {
  // The package's types know no undefined domain, which is what takes a default away.
  const noDomain = { domain: undefined } as unknown as CookieSerializeOptions
  return { ...noDomain, path: '/', httpOnly: true, secure: config.secure, sameSite: 'lax', signed: false, partitioned: false }
}

/**
 * The attributes of the cookies that Microsoft's answer is found by. Where its page posts the answer from its own site,
 * they must come along: SameSite=None, which browsers take with Secure only. All others stay Lax.
 */
export function attemptCookieAttributes (config: Pick<ProviderConfig, 'secure' | 'responseMode'>): CookieSerializeOptions {
  const isPosted = config.secure && config.responseMode === 'form_post'
  return { ...cookieAttributes(config), ...(isPosted && { sameSite: 'none' }) }
}

/** Clears a cookie with the attributes it was set with: browsers keep a `__Host-` cookie otherwise. */
export function clearCookie (reply: FastifyReply, name: string, config: Pick<ProviderConfig, 'secure'>): void {
  reply.setCookie(name, '', { ...cookieAttributes(config), expires: new Date(0), maxAge: 0 })
}

/** The cookies of a request, read here since an application's @fastify/cookie may read them later than we need them. */
export function cookiesOf (request: FastifyRequest): Record<string, string | undefined> {
  return request.server.parseCookie(request.headers.cookie ?? '')
}

/**
 * Refuses where browsers would drop our Secure cookies: the site is https,
 * and this request came as http (abuse case S21). Silence would be an endless loop.
 */
export function requireSecureTransport (request: FastifyRequest, config: Pick<ProviderConfig, 'secure'>): void {
  if (!config.secure || request.protocol === 'https') return
  request.log.error('"baseUrl" is https, but the request came as http: behind a proxy that ends TLS, set Fastify\'s option "trustProxy" to the address of that proxy, and let it send X-Forwarded-Proto')
  throw refuse('insecure_transport', 'trust_proxy_missing')
}
