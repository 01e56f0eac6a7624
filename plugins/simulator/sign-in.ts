import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { ConfigurationError } from '../../src/core/errors.ts'
import { type CookieJar, createCookieJar } from '../../src/simulator/cookie-jar.ts'
import type { Engine } from '../../src/simulator/engine.ts'
import { choiceFields } from '../../src/simulator/picker.ts'
import { type Answer, readAnswer } from './answer.ts'
import type { Claims } from '../../src/simulator/types.ts'

/** How somebody signs in. */
export interface SignInOptions {
  /** Path of the application's start route. Default: `/auth/microsoft/login`. */
  loginPath?: string
  /** Query of the start route, such as `{ return_to: '/invoices' }`. Default: none. */
  query?: Readonly<Record<string, string>>
  /** Claims for this sign-in only, over those of the account; `undefined` takes one away. Default: none. */
  claims?: Claims
  /** A `Cookie` header to begin with, such as that of an earlier sign-in. Default: none. */
  cookie?: string
  /**
   * Headers of the requests to the application, beside those that a browser
   * sends for a navigation. Default: `X-Forwarded-Proto: https` where the
   * redirect URI is https, as a proxy that ends TLS would send it, so that an
   * application with `trustProxy` may set Secure cookies.
   */
  headers?: Readonly<Record<string, string>>
  /** Whether the person presses Cancel instead. Default: `false`. */
  cancel?: boolean
}

/** How somebody who is signed in links one more identity. */
export interface LinkOptions extends Omit<SignInOptions, 'loginPath' | 'query'> {
  /** The `Cookie` header of whoever links, as the sign-in gave it. */
  cookie: string
  /** Path of the application's link route. Default: `/auth/microsoft/link`. */
  linkPath?: string
  /** Fields of the form, such as `{ return_to: '/settings' }`. Default: none. */
  fields?: Readonly<Record<string, string>>
}

/** How an administrator allows the application. */
export interface AdminConsentOptions extends Omit<SignInOptions, 'loginPath' | 'claims'> {
  /** Path of the application's admin consent route. Default: `/auth/microsoft/admin-consent`. */
  adminConsentPath?: string
}

/** How it ended. */
export interface SignedIn {
  /** Status of the callback's answer. */
  readonly statusCode: number
  /** Where the callback sends the browser; `undefined` where it does not. */
  readonly location: string | undefined
  /** A `Cookie` header with all cookies that are alive: `app.inject({ url: '/me', headers: { cookie } })`. */
  readonly cookie: string
  /** The same cookies by name. */
  readonly cookies: Readonly<Record<string, string>>
  /** The callback's whole answer. */
  readonly response: LightMyRequestResponse
}

/** An application, as far as a pretended browser needs it. */
export interface Injectable {
  inject: (options: InjectOptions) => Promise<LightMyRequestResponse>
}

/** What a sign-in runs against. */
export interface SignInParts {
  readonly app: Injectable
  readonly engine: Engine
  readonly server: Injectable
  readonly redirectUris: ReadonlySet<string>
  readonly now: () => number
}

const navigation = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

/**
 * Signs somebody in the way a browser does: start route, account picker,
 * callback. No socket is opened and no browser needed.
 *
 * @throws ConfigurationError where the flow does not get as far as the callback.
 */
export async function runSignIn (parts: SignInParts, account: string, options: SignInOptions): Promise<SignedIn> {
  const path = options.loginPath ?? '/auth/microsoft/login'
  const query = new URLSearchParams(options.query).toString()
  return await run(parts, account, options, { name: 'start', option: 'loginPath', path, request: { method: 'GET', url: query === '' ? path : `${path}?${query}` } })
}

/**
 * Has somebody who is signed in link one more identity, the way a form on the
 * application's own page does: link route, account picker, callback.
 *
 * @throws ConfigurationError where the flow does not get as far as the callback.
 */
export async function runLink (parts: SignInParts, account: string, options: LinkOptions): Promise<SignedIn> {
  const path = options.linkPath ?? '/auth/microsoft/link'
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }
  const payload = new URLSearchParams(options.fields).toString()
  return await run(parts, account, options, { name: 'link', option: 'linkPath', path, request: { method: 'POST', url: path, headers, payload } })
}

/**
 * Has an administrator allow the application for a tenant: start route, Microsoft's page, callback.
 *
 * @throws ConfigurationError where the flow does not get as far as the callback.
 */
export async function runAdminConsent (parts: SignInParts, account: string, options: AdminConsentOptions): Promise<SignedIn> {
  const path = options.adminConsentPath ?? '/auth/microsoft/admin-consent'
  const query = new URLSearchParams(options.query).toString()
  return await run(parts, account, options, { name: 'admin consent', option: 'adminConsentPath', path, request: { method: 'GET', url: query === '' ? path : `${path}?${query}` } })
}

/** The route that a flow starts at. */
interface Start {
  readonly name: string
  readonly option: string
  readonly path: string
  readonly request: InjectOptions & { headers?: Record<string, string> }
}

type Shared = Pick<SignInOptions, 'claims' | 'cookie' | 'headers' | 'cancel'>

async function run (parts: SignInParts, account: string, options: Shared, first: Start): Promise<SignedIn> {
  const { app, engine, redirectUris, now } = parts
  requireAccount(engine, account)
  const jar = createCookieJar(options.cookie ?? '', now)
  const headers = { ...navigation, ...addressOf(redirectUris), ...options.headers }
  const authorizationUrl = await start(app, engine.base, jar, headers, first)
  const answer = await pick(parts.server, authorizationUrl, account, options.cancel === true)
  engine.setClaimsOfCode(answer.parameters.get('code') ?? '', options.claims ?? {})
  const response = await bringBack(app, engine.base, jar, headers, answer)
  return {
    statusCode: response.statusCode,
    location: response.headers.location,
    cookie: jar.header(),
    cookies: jar.all(),
    response
  }
}

/** @throws ConfigurationError that names the accounts that there are. */
export function requireAccount (engine: Engine, key: string): void {
  const keys = engine.accounts().map((account) => account.key)
  if (!keys.includes(key)) throw stopped(`there is no account "${key}". The accounts are ${keys.join(', ')}.`)
}

/** Headers of a browser that is at the application's own address, through the proxy that ends TLS. */
function addressOf ([redirectUri]: Iterable<string>): Record<string, string> {
  if (redirectUri === undefined) return {}
  const { host, protocol } = new URL(redirectUri)
  return { host, ...(protocol === 'https:' ? { 'x-forwarded-proto': 'https' } : {}) }
}

async function start (
  app: Injectable, base: string, jar: CookieJar, headers: Record<string, string>, { name, option, path, request }: Start
): Promise<string> {
  const response = await visit(app, jar, headers, request)
  const { location } = response.headers
  if (location === undefined) {
    throw stopped(`the ${name} route ${path} answered ${summary(response)} and no redirect. Is it there? Option "${option}" of the ${name === 'start' ? 'sign-in' : name} says where it is.`)
  }
  if (!location.startsWith(`${base}/`)) {
    throw stopped(`the ${name} route ${path} redirected to ${location.split('?')[0]}, and not to the simulator at ${base}. Does the provider use this simulator?`)
  }
  return location
}

async function pick (server: Injectable, authorizationUrl: string, account: string, cancel: boolean): Promise<Answer> {
  const { pathname, search } = new URL(authorizationUrl)
  const response = await server.inject({
    method: 'POST',
    url: pathname + search,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(cancel ? { [choiceFields.cancel]: '1' } : { [choiceFields.account]: account }).toString()
  })
  const answer = readAnswer(response)
  if (answer !== null) return answer
  const shown = /<strong>(AADSTS\d+)<\/strong>: (.*)<\/p>/.exec(response.body)
  throw stopped(shown === null
    ? `the simulator answered ${summary(response)}, and neither a redirect nor a form. Only the response modes "query" and "form_post" can be followed.`
    : `the simulator shows ${shown[1]}: ${shown[2]!.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))}`)
}

/** The browser at the callback: it opens the address, or posts the form and follows the redirect of the application's own. */
async function bringBack (
  app: Injectable, base: string, jar: CookieJar, headers: Record<string, string>, { url, parameters, isPosted }: Answer
): Promise<LightMyRequestResponse> {
  if (!isPosted) return await visit(app, jar, headers, { method: 'GET', url: url.pathname + url.search })
  const isSameSite = new URL(base).hostname === url.hostname
  const posted = await visit(app, jar, {
    ...headers, origin: new URL(base).origin, 'sec-fetch-site': isSameSite ? 'same-site' : 'cross-site', 'content-type': 'application/x-www-form-urlencoded'
  }, { method: 'POST', url: url.pathname, payload: parameters.toString() }, isSameSite ? jar.header() : jar.headerForCrossSitePost())
  const { location } = posted.headers
  if (location === undefined || !location.startsWith(`${url.pathname}/`)) return posted
  return await visit(app, jar, headers, { method: 'GET', url: location })
}

async function visit (
  app: Injectable, jar: CookieJar, headers: Record<string, string>, request: Start['request'], cookie = jar.header()
): Promise<LightMyRequestResponse> {
  const response = await app.inject({ ...request, headers: { ...request.headers, ...headers, ...(cookie === '' ? {} : { cookie }) } })
  jar.store([response.headers['set-cookie'] ?? []].flat())
  return response
}

function summary (response: LightMyRequestResponse): string {
  const code = /"code" *: *"(\w+)"/.exec(response.body)?.[1]
  return code === undefined ? String(response.statusCode) : `${response.statusCode} (${code})`
}

function stopped (message: string): Error {
  return new ConfigurationError(`fastify-entra/simulator: ${message}`)
}
