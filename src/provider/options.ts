import type { Environment, FetchLimits } from '../core/environment.ts'
import type { Credential } from '../credentials/types.ts'
import { isLoopbackHost } from '../core/loopback.ts'
import { is, type OptionRules } from '../core/options.ts'
import { isScope } from '../core/scopes.ts'
import { compileRedirectPattern } from './redirect-pattern.ts'

/** How many requests one client may send to one route within `timeWindow`. */
export interface RateLimits {
  /** The start and callback routes, each (default 30). */
  readonly signIn?: number | undefined
  /** Each route that takes a code or changes accounts or sessions (default 10). */
  readonly change?: number | undefined
  /** Milliseconds (default 60000, a minute). */
  readonly timeWindow?: number | undefined
}

/** How Microsoft's answer comes to the callback: in its address, or in a posted form. */
export type ResponseMode = 'query' | 'form_post'

/** Options of the provider plugin. */
export interface ProviderOptions {
  /** Scheme and host under which browsers reach the application. Everything absolute is computed from it alone. */
  baseUrl: string
  /** Application (client) id from the Azure portal, a GUID. Without it a registered simulator stands in for Microsoft. */
  clientId?: string | undefined
  /** Client secret's value (not its id) from the Azure portal. */
  clientSecret?: string | undefined
  /** How the application authenticates at Microsoft, in place of `clientSecret`: secrets, certificates, federated credentials, in the order in which they are tried. */
  credentials?: Credential[] | undefined
  /** Who may sign in: a tenant's GUID, one of its domains, `common`, `organizations` or `consumers`. */
  tenant?: string | undefined
  /** Origin of Microsoft's cloud. Plain http for loopback only, and never in production. */
  authority?: string | undefined
  /** Issuer of the tokens, where a custom domain of External ID is the authority. Exact, and of the one tenant that `tenant` names by GUID. */
  issuer?: string | undefined
  /** Scopes of the sign-in. `openid` and `profile` must be among them. */
  scopes?: string[] | undefined
  /** Scopes that may be asked for later, beside `scopes`: by `provider_scopes` of a link, or for an access token. */
  allowedScopes?: string[] | undefined
  /** Languages (BCP 47) that a link to the start route may ask Microsoft's pages for, by `ui_locales`. */
  uiLocales?: string[] | undefined
  /** Whether `onSignIn` is given Microsoft's tokens. */
  returnTokens?: boolean | undefined
  /** Secrets that cookies are sealed and signed with, newest first; at least 32 characters each. */
  secrets?: string[] | undefined
  /** SQLite file with accounts, sessions and used attempts, `:memory:` for none that lasts, or `postgres://` URL. */
  database?: string | undefined
  /** Redis or Valkey for sessions and rate limits: `redis://` or, with TLS, `rediss://`. */
  redis?: string | undefined
  /** What all keys in it start with. */
  redisPrefix?: string | undefined
  /** Limits how often a client may ask for routes that start, finish or change something. */
  rateLimit?: boolean | RateLimits | undefined
  /** `false` takes the sign-in routes away (404); sessions live on. */
  enabled?: boolean | undefined
  /** What the paths of all routes and pages start with that are not given themselves. */
  prefix?: string
  /** Path of the start route. */
  loginPath?: string | undefined
  /** Path of the callback route: what is registered in the Azure portal, behind `baseUrl`. */
  callbackPath?: string | undefined
  /** How Microsoft's answer comes to the callback: in its address, or in a form that Microsoft's page posts. */
  responseMode?: ResponseMode | undefined
  /** Where a sign-in ends that named no target. */
  defaultReturnTo?: string | undefined
  /** Patterns of absolute URLs that a sign-in may end at, own paths aside. */
  allowedRedirectUrls?: string[] | undefined
  /** Origins of the application's own front ends, whose pages may ask the JSON routes by script, with cookies. */
  allowedOrigins?: string[] | undefined
  /** Page that browsers are sent to after a refusal, with `?error=CODE`; a path or an absolute URL. */
  errorRedirectUrl?: string | undefined
  /** Clock, randomness, fetch, agent and limits; for tests. */
  environment?: Partial<Environment> | undefined
}

const tenantWords = /^(?:common|organizations|consumers)$/
const domainName = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/i
const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function isTenant (value: unknown): boolean {
  return typeof value === 'string' && (tenantWords.test(value) || domainName.test(value) || guid.test(value))
}

/** The code of a refusal is nobody else's business; plain http is for this machine. */
function isPrivate ({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || isLoopbackHost(hostname)
}

/** Each may cost a request of a person who waits. */
const mostCredentials = 10

/** A language tag with script and region, as Microsoft's pages know them: `de`, `pt-BR`, `zh-Hant-TW`, `es-419`. */
function isLanguage (value: unknown): boolean {
  return typeof value === 'string' && /^[a-z]{2,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?$/i.test(value)
}

const environmentMembers: Readonly<Record<string, (value: unknown) => boolean>> = {
  now: is.function, randomBytes: is.function, fetch: is.function, agent: is.object, limits: areLimits
}

/** Some limit there always is: an answer without end is no answer. */
function areLimits (value: unknown): boolean {
  const { timeout, size } = (value ?? {}) as Partial<FetchLimits>
  return is.integer(1, 300_000)(timeout) && is.integer(1, 1_048_576)(size)
}

function isEnvironment (value: unknown): boolean {
  return is.object(value) && Object.entries(value as object).every(([name, member]) =>
    Object.hasOwn(environmentMembers, name) && (member === undefined || environmentMembers[name]!(member)))
}

/** A server by its address; anything behind a question mark would be left out without a word. */
function isRedisUrl (value: unknown): boolean {
  const url = typeof value === 'string' ? URL.parse(value) : null
  return url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '' && isDecodable(url.username + url.password) &&
    /^(?:\/\d{0,5})?$/.test(url.pathname) && url.search === '' && url.hash === ''
}

function isDecodable (text: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(text)
}

const rateLimitMembers: Readonly<Record<keyof RateLimits, (value: unknown) => boolean>> = {
  signIn: is.integer(1, 100_000), change: is.integer(1, 100_000), timeWindow: is.integer(1_000, 86_400_000)
}

function areRateLimits (value: unknown): boolean {
  return is.object(value) && Object.entries(value as object).every(([name, member]) =>
    Object.hasOwn(rateLimitMembers, name) && (member === undefined || rateLimitMembers[name as keyof RateLimits](member)))
}

/** The rules behind {@link ProviderOptions}. */
export const providerOptionRules: OptionRules<ProviderOptions> = {
  baseUrl: {
    required: true,
    check: is.origin,
    expected: 'an origin such as "https://app.example": scheme and host, nothing behind them',
    remedy: 'Take away a path or a slash at the end. In development it is "http://localhost:3000", or whatever port the server listens at.',
    about: 'Origin under which browsers reach the application. Cookies, redirect URL and links follow from it alone, never from a header.'
  },
  clientId: {
    check: (value) => typeof value === 'string' && guid.test(value),
    expected: 'the Application (client) ID of the Azure portal, a GUID',
    about: 'Application (client) ID. Without it the simulator stands in for Microsoft, in development.'
  },
  clientSecret: {
    check: (value) => typeof value === 'string' && /^[\x21-\x7e]{8,}$/.test(value) && !guid.test(value),
    expected: 'the value of a client secret',
    remedy: 'Copy the column "Value" of the Azure portal, not the "Secret ID".',
    secret: true,
    about: 'Value of a client secret. Never logged.'
  },
  credentials: {
    defaultText: 'none: `clientSecret` alone',
    check: (value) => Array.isArray(value) && value.length >= 1 && value.length <= mostCredentials &&
      value.every((one) => is.object(one) && !Array.isArray(one)),
    expected: `a list of one to ${mostCredentials} credentials, each an object such as { secret, expiresAt }, { certificate, privateKey }, { federated } or { tokenFile }`,
    secret: true,
    about: 'Several credentials in place of `clientSecret`, tried in this order: `{ secret, expiresAt }`, `{ certificate, privateKey, passphrase }`, `{ federated }`, `{ tokenFile }`, each with a `name` for the log. See docs/credentials.md.'
  },
  tenant: {
    default: 'common',
    check: isTenant,
    expected: '"common", "organizations", "consumers", a tenant\'s GUID or one of its domain names',
    about: 'Whose accounts may sign in.'
  },
  authority: {
    defaultText: '`https://login.microsoftonline.com`',
    check: is.origin,
    expected: 'an origin such as "https://login.microsoftonline.com"',
    about: 'Origin of Microsoft\'s cloud: `https://login.microsoftonline.us`, `https://login.partner.microsoftonline.cn`, or of an external tenant: `https://….ciamlogin.com`. Plain http for loopback hosts only, never in production.'
  },
  issuer: {
    defaultText: 'follows from `authority` and `tenant`',
    check: (value) => typeof value === 'string' && value.length <= 512 && /^https:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\/v2\.0$/.test(value),
    expected: 'an issuer in lower case such as "https://11111111-2222-3333-4444-555555555555.ciamlogin.com/11111111-2222-3333-4444-555555555555/v2.0"',
    remedy: 'It is the member "issuer" of the OpenID Connect metadata document, which the portal names under Endpoints.',
    about: 'Issuer of the tokens, where `authority` is a custom domain of External ID. Exact; `tenant` must be the GUID that it names.'
  },
  scopes: {
    default: ['openid', 'profile', 'email'],
    check: (value) => is.listOf(isScope)(value) &&
      ['openid', 'profile'].every((scope) => (value as string[]).includes(scope)),
    expected: 'a list of scopes with "openid" and "profile" among them',
    remedy: 'Without "profile" Microsoft leaves out the oid claim, which is half of the key of an identity.',
    about: 'Scopes that are asked for.'
  },
  allowedScopes: {
    default: [],
    check: is.listOf(isScope),
    expected: 'a list of scopes such as "Mail.Read"',
    about: 'Scopes that may be asked for later, beside `scopes`: by `provider_scopes` of a link to the start route, or for an access token. Nothing else reaches Microsoft.'
  },
  uiLocales: {
    default: [],
    check: is.listOf(isLanguage),
    expected: 'a list of language tags (BCP 47) such as "de" or "pt-BR"',
    about: 'Languages that a link to the start route may ask Microsoft\'s pages for, by `ui_locales`. All others are refused.'
  },
  returnTokens: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: 'Gives `onSignIn` Microsoft\'s tokens, a refresh token among them (`offline_access` is asked for by itself). Without the verification plugin the hook always has them.'
  },
  secrets: {
    defaultText: 'in development: made once and kept beside the database file, or with PostgreSQL in `fastify-entra.secret` where the application runs, mode 0600',
    check: (value) => Array.isArray(value) && value.length > 0 &&
      value.every((secret) => typeof secret === 'string' && secret.length >= 32),
    expected: 'a list of secrets of at least 32 characters each, newest first',
    remedy: 'Make one with: openssl rand -base64 48',
    secret: true,
    about: 'Secrets that cookies are sealed and signed with, newest first. Put a new one in front and drop the old one after `absoluteTimeout`: nobody is signed out.'
  },
  database: {
    defaultText: '`fastify-entra.sqlite` in development',
    check: (value) => is.text(value) && !/^(?!postgres(?:ql)?:)[a-z][a-z0-9+.-]*:\/\//i.test(value as string),
    expected: 'the path of an SQLite file, ":memory:", or the URL of a PostgreSQL database such as "postgres://user:password@host:5432/database"',
    remedy: 'URLs of other databases are not understood; an own account table is given to linking as option "accounts".',
    // A URL has a password in it.
    secret: true,
    about: 'Where accounts, sessions and used attempts are kept: an SQLite file, made where it is missing (mode 0600, its folder as well), or a PostgreSQL database (`postgres://…`, needs the package `pg`).'
  },
  redis: {
    check: isRedisUrl,
    expected: 'an address such as "redis://:password@127.0.0.1:6379/0", or with TLS "rediss://…"',
    remedy: 'Percent-encode special characters of the password.',
    secret: true,
    about: 'Redis or Valkey, in which sessions live in place of the database, and in which rate limits are shared. Needs the package `redis`. Never logged.'
  },
  redisPrefix: {
    defaultText: '`fastify-entra:`',
    check: (value) => typeof value === 'string' && /^[\x21-\x7e]{1,64}$/.test(value) && !/[{}]/.test(value),
    expected: 'one to 64 printable ASCII characters such as "shop:", without spaces and braces',
    about: 'What all keys in Redis start with. Give each application its own where several share one Redis.'
  },
  rateLimit: {
    defaultText: '`false`, with a warning in production',
    check: (value) => typeof value === 'boolean' || areRateLimits(value),
    expected: 'true, false or an object with some of signIn and change (requests, 1 to 100000) and timeWindow (milliseconds, 1000 to 86400000)',
    about: 'How often one client (IPv4 address or IPv6 /64) may ask each route: `signIn` (30) for start and callback, `change` (10) for routes that take codes or change accounts and sessions, in `timeWindow` (60000 ms). `true` is these numbers. Needs the package `@fastify/rate-limit`.'
  },
  enabled: {
    default: true,
    check: is.boolean,
    expected: 'true or false',
    about: '`false` takes the start and callback routes away (404); sessions live on.'
  },
  prefix: {
    default: '/auth',
    check: (value) => is.path(value) && !(value as string).endsWith('/'),
    expected: 'a plain path such as "/auth"',
    about: 'What the paths of all routes and pages start with that are not given themselves.'
  },
  loginPath: {
    defaultText: '`/microsoft/login` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/microsoft/login"',
    about: 'Path of the start route.'
  },
  callbackPath: {
    defaultText: '`/microsoft/callback` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/microsoft/callback"',
    about: 'Path of the callback route. `baseUrl` and it make the redirect URI to register in the Azure portal.'
  },
  responseMode: {
    default: 'query',
    check: is.oneOf('query', 'form_post'),
    expected: '"query" or "form_post"',
    about: 'How Microsoft\'s answer comes to the callback: in its address, or with `form_post` in a form that Microsoft\'s page posts, so that the code is in no address. That needs https.'
  },
  defaultReturnTo: {
    defaultText: '`/`, or the account page where the pages are registered',
    check: (value) => typeof value === 'string' && value.startsWith('/'),
    expected: 'a path of this application such as "/"',
    about: 'Where a sign-in ends that named no target.'
  },
  allowedRedirectUrls: {
    default: [],
    check: is.listOf((pattern) => typeof pattern === 'string' && typeof compileRedirectPattern(pattern) !== 'string'),
    expected: 'a list of patterns such as "https://*.example.com/app/**"',
    remedy: 'A pattern has a scheme and a host of at least two labels after "*."; "*" is one path segment at most, "**" a path segment of its own; http is for loopback.',
    about: 'Absolute URLs that a sign-in may end at, own paths aside. `*` is one left-most host label or part of one path segment, `**` any number of path segments.'
  },
  allowedOrigins: {
    default: [],
    check: is.listOf((origin) => is.origin(origin) && isPrivate(new URL(origin as string)) && !(origin as string).includes('*')),
    expected: 'a list of origins such as "https://app.example.com": scheme and host, nothing behind them, https but for localhost',
    remedy: 'Name each front end by itself; there are no patterns, since each of them may do what the signed-in person may.',
    about: 'Origins of front ends of the application\'s own that another host or port serves than that of `baseUrl`: their pages may ask the JSON routes by script, with the cookies of whoever is signed in. Of the same site, since the cookies are SameSite=Lax.'
  },
  errorRedirectUrl: {
    defaultText: 'the error page, where the pages are registered',
    check: (value) => is.path(value) || (is.url(value) && isPrivate(new URL(value as string))),
    expected: 'a path, or an absolute https URL',
    about: 'Page that browsers are sent to after a refusal, with `?error=CODE`.'
  },
  environment: {
    defaultText: 'the real clock, randomness and network',
    check: isEnvironment,
    expected: 'an object with some of now, randomBytes and fetch, which are functions, agent, and limits: { timeout (milliseconds, 1 to 300000), size (bytes, 1 to 1048576) }',
    about: 'Clock, randomness, fetch, agent of the token request, and limits of Microsoft\'s answers (10 s, 1 MiB); for tests.'
  }
}
