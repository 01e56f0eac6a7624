import { ConfigurationError } from '../core/errors.ts'
import { readOptions } from '../core/options.ts'
import { whyNoClientKeys } from './client-keys.ts'
import { type ClientOptions, clientRules } from './client-options.ts'
import { keepSecret } from './client-secrets.ts'
import { whyNoBackchannel, whyNoRedirect } from './redirect-url.ts'
import type { ClientAuthentication, ClientRecord } from './types.ts'

/** Where a description of an app comes from. */
export interface ClientSource {
  /** What messages start with: `fastify-entra: option "clients"`, or the name of a command. */
  readonly where: string
  /** Whether its secrets are in the description, as in options; else they are made and kept beside it. */
  readonly withSecrets: boolean
  /** When its secrets were given, in milliseconds since 1970. */
  readonly at: number
}

/**
 * Checks an app and makes the record of it: each option by itself, then what
 * they say together. Frozen; the caller's object is never changed.
 *
 * @throws ConfigurationError naming the client, the option, the reason and the remedy. Never with a secret.
 */
export function readClient (given: object, source: ClientSource): ClientRecord {
  const { where, at } = source
  const name = (given as { id?: unknown }).id
  const title = typeof name === 'string' ? `${where}: client ${JSON.stringify(name.slice(0, 100))}` : where
  const options = readOptions(title, clientRules, given)
  const authentication = options.authentication ?? (options.type === 'web' ? 'client_secret_basic' : 'none')
  const complaint = complaintOf(options, authentication, source)
  if (complaint !== null) throw new ConfigurationError(`${title}: option ${complaint}`)
  return Object.freeze({
    id: options.id,
    name: options.name,
    type: options.type,
    url: options.url ?? null,
    redirectUrls: Object.freeze([...new Set(options.redirectUrls)]),
    logoutRedirectUrls: Object.freeze([...new Set(options.logoutRedirectUrls)]),
    authentication,
    idTokenAlgorithm: options.idTokenAlgorithm!,
    refreshTokens: options.refreshTokens!,
    scopes: Object.freeze([...new Set(['openid', ...options.scopes!, ...(options.refreshTokens === true ? ['offline_access'] : [])])]),
    firstParty: options.firstParty!,
    backchannelLogoutUrl: options.backchannelLogoutUrl ?? null,
    jwks: structuredClone(options.jwks ?? null) as ClientRecord['jwks'],
    secrets: Object.freeze((options.secrets ?? []).map((secret) => keepSecret(secret, at)))
  })
}

/** Whether a client authenticates by secrets. */
export function hasSecrets (authentication: ClientAuthentication): boolean {
  return authentication === 'client_secret_basic' || authentication === 'client_secret_post'
}

/** What is wrong with options that are right each by itself; `null` where nothing is. */
function complaintOf (options: Readonly<ClientOptions>, authentication: ClientAuthentication, source: ClientSource): string | null {
  return whyNoUrls(options, 'redirectUrls') ?? whyNoUrls(options, 'logoutRedirectUrls') ??
    whyNoAuthentication(options, authentication) ?? whyNoSecrets(options, authentication, source) ??
    whyNoKeys(options, authentication) ?? whyNotTold(options)
}

function whyNoUrls (options: Readonly<ClientOptions>, option: 'redirectUrls' | 'logoutRedirectUrls'): string | null {
  for (const url of options[option]!) {
    const reason = whyNoRedirect(url, options.type)
    if (reason !== null) return `"${option}": ${JSON.stringify(url.slice(0, 200))} ${reason}.`
  }
  return null
}

function whyNoAuthentication ({ type }: Readonly<ClientOptions>, authentication: ClientAuthentication): string | null {
  if (type === 'web') {
    if (authentication !== 'none') return null
    return '"authentication": "none" is for apps that can keep no secret, and a web app can. Choose "client_secret_basic", "client_secret_post" or "private_key_jwt".'
  }
  if (authentication === 'none') return null
  return `"authentication": whatever ${type === 'spa' ? 'runs in a browser' : 'is installed on many machines'} can be read there, so it has no secret (RFC 8252 section 8.5). Leave it out, or give type "web".`
}

function whyNoSecrets ({ secrets }: Readonly<ClientOptions>, authentication: ClientAuthentication, { withSecrets }: ClientSource): string | null {
  if (secrets !== undefined) return hasSecrets(authentication) ? null : `"secrets": with "authentication" ${JSON.stringify(authentication)} none is taken. Leave them out.`
  if (!withSecrets || !hasSecrets(authentication)) return null
  return `"secrets": with "authentication" ${JSON.stringify(authentication)} one is needed, which openssl rand -base64 32 makes.`
}

function whyNoKeys ({ jwks }: Readonly<ClientOptions>, authentication: ClientAuthentication): string | null {
  if ((jwks !== undefined) !== (authentication === 'private_key_jwt')) return '"jwks": goes with "authentication" "private_key_jwt", neither without the other.'
  const reason = jwks === undefined ? null : whyNoClientKeys(jwks.keys)
  return reason === null ? null : `"jwks": ${reason}.`
}

function whyNotTold ({ type, backchannelLogoutUrl: url }: Readonly<ClientOptions>): string | null {
  if (url === undefined) return null
  if (type === 'native') return '"backchannelLogoutUrl": a native app has no server that could be told. Leave it out.'
  const reason = whyNoBackchannel(url)
  return reason === null ? null : `"backchannelLogoutUrl": ${JSON.stringify(url)} ${reason}.`
}
