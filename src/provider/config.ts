import { type Authority, authorityOf } from '../core/authority.ts'
import type { Environment } from '../core/environment.ts'
import { realEnvironment } from '../core/environment.ts'
import { ConfigurationError } from '../core/errors.ts'
import { isLoopbackHost } from '../core/loopback.ts'
import type { Credential } from '../credentials/types.ts'
import type { Resolved } from '../core/options.ts'
import { checkAllowedOrigins } from './allowed-origins.ts'
import { chooseAuthority } from './choose-authority.ts'
import type { ProviderOptions, ResponseMode } from './options.ts'

/** What a simulator gives in Microsoft's place. */
export interface StandIn {
  /** What its endpoints and issuers start with. */
  readonly base: string
  readonly clientId: string
  readonly clientSecret: string
  readonly fetch: Environment['fetch']
  readonly agent: NonNullable<Environment['agent']>
}

/** The provider's options, resolved against each other. */
export interface ProviderConfig {
  /** `https://app.example` */
  readonly origin: string
  readonly authority: Authority
  readonly tenant: string
  readonly clientId: string
  /** As they were given, at least one. Checked by whoever uses them. */
  readonly credentials: readonly Credential[]
  readonly scopes: readonly string[]
  /** What a link to the start route may ask for beyond `scopes`, and in which languages. */
  readonly allowedScopes: readonly string[]
  readonly uiLocales: readonly string[]
  readonly loginPath: string
  readonly callbackPath: string
  /** `origin` and the callback's path: what is registered in the Azure portal. */
  readonly redirectUri: string
  /** Origins of front ends that may ask the JSON routes by script. */
  readonly allowedOrigins: readonly string[]
  /** How Microsoft's answer comes to the callback. */
  readonly responseMode: ResponseMode
  /** Whether cookies are Secure and carry the `__Host-` prefix: always with https. */
  readonly secure: boolean
  /** Whether a simulator stands in for Microsoft. */
  readonly simulated: boolean
  readonly environment: Environment
}

const neededInProduction = ['baseUrl', 'clientId', 'clientSecret', 'secrets', 'database'] as const

/**
 * Checks the options against each other and against where the process runs.
 *
 * @param standIn - The simulator, where one is registered.
 * @param production - Whether this is a production server.
 * @throws ConfigurationError
 */
export function resolveProvider (
  options: Resolved<ProviderOptions>, standIn: StandIn | null, production: boolean
): ProviderConfig {
  if (production) requireAllOf(options)
  checkTransport('baseUrl', options.baseUrl, production)
  if (options.authority !== undefined) checkTransport('authority', options.authority, production)
  if (options.redisPrefix !== undefined && options.redis === undefined) {
    throw wrong('option "redisPrefix" was given without "redis". Give the address of the server as well, or leave it out.')
  }
  const loginPath = options.loginPath ?? `${options.prefix!}/microsoft/login`
  const callbackPath = options.callbackPath ?? `${options.prefix!}/microsoft/callback`
  if (loginPath === callbackPath) {
    throw wrong(`"loginPath" and "callbackPath" are both ${JSON.stringify(loginPath)}. Give them different paths.`)
  }
  const errorUrl = new URL(options.errorRedirectUrl ?? '/', options.baseUrl)
  if (errorUrl.origin === options.baseUrl && [loginPath, callbackPath].includes(errorUrl.pathname)) {
    throw wrong(`option "errorRedirectUrl" is ${JSON.stringify(options.errorRedirectUrl)}, a route of the sign-in itself. Give a page of the application.`)
  }
  const microsoft = chooseMicrosoft(options, standIn)
  checkResponseMode(options, microsoft.authority.base)
  return Object.freeze({
    origin: options.baseUrl,
    tenant: options.tenant!.toLowerCase(),
    scopes: options.scopes!,
    allowedScopes: options.allowedScopes!,
    uiLocales: options.uiLocales!,
    loginPath,
    callbackPath,
    redirectUri: options.baseUrl + callbackPath,
    allowedOrigins: checkAllowedOrigins(options.allowedOrigins ?? [], options.baseUrl),
    responseMode: options.responseMode!,
    secure: options.baseUrl.startsWith('https:'),
    ...microsoft
  })
}

type Microsoft = Pick<ProviderConfig, 'authority' | 'clientId' | 'credentials' | 'simulated' | 'environment'>

function chooseMicrosoft (options: Resolved<ProviderOptions>, standIn: StandIn | null): Microsoft {
  const { clientId, clientSecret, authority, issuer, environment } = options
  const credentials = options.credentials ?? (clientSecret === undefined ? undefined : [{ secret: clientSecret }])
  if (options.credentials !== undefined && clientSecret !== undefined) {
    throw wrong('options "clientSecret" and "credentials" were both given. Drop "clientSecret", and put { secret } into "credentials" where it is still to be used.')
  }
  if (clientId === undefined) {
    if (credentials !== undefined) {
      throw wrong(`option "${clientSecret === undefined ? 'credentials' : 'clientSecret'}" was given without "clientId". Give both, from the Azure portal.`)
    }
    if (standIn === null) {
      throw wrong('option "clientId" is missing. Copy the Application (client) ID from the Azure portal. (In development, with a "baseUrl" on this machine, the simulator stands in: register it first.)')
    }
    const ignored = Object.entries({ authority, issuer, 'environment.fetch': environment?.fetch, 'environment.agent': environment?.agent })
      .find(([, value]) => value !== undefined)
    if (ignored !== undefined) {
      throw wrong(`option "${ignored[0]}" was given, but without "clientId" the simulator stands in for Microsoft, which has its own. Give "clientId" and "clientSecret" as well, or leave it out.`)
    }
    return {
      authority: authorityOf(standIn.base),
      clientId: standIn.clientId,
      credentials: Object.freeze([{ secret: standIn.clientSecret }]),
      simulated: true,
      environment: { ...environmentOf(options), fetch: standIn.fetch, agent: standIn.agent }
    }
  }
  if (standIn !== null) throw wrong('option "clientId" was given, and the simulator is registered as well. Leave one of them out.')
  if (credentials === undefined) throw wrong('option "clientSecret" is missing. Copy the value of a client secret from the Azure portal, or give option "credentials" for certificates and federated credentials.')
  return {
    authority: chooseAuthority(options),
    clientId: clientId.toLowerCase(),
    credentials: Object.freeze(credentials),
    simulated: false,
    environment: environmentOf(options)
  }
}

/** What is not given is the real world's. */
function environmentOf ({ environment = {} }: Resolved<ProviderOptions>): Environment {
  const given = Object.entries(environment).filter(([, member]) => member !== undefined)
  return { ...realEnvironment, ...Object.fromEntries(given) }
}

function requireAllOf (options: Resolved<ProviderOptions>): void {
  const missing = neededInProduction.filter((name) => options[name] === undefined && !(name === 'clientSecret' && options.credentials !== undefined))
  if (missing.length > 0) {
    throw wrong(`in production (NODE_ENV is "production") these options must be given: ${missing.join(', ')}. clientId and clientSecret (or credentials) come from the Azure portal, secrets from openssl rand -base64 48, database is the path of a file or a postgres:// URL.`)
  }
  if (options.database === ':memory:') {
    throw wrong('option "database" is ":memory:", which forgets all accounts at a restart. Give the path of a file or a postgres:// URL in production.')
  }
}

/** Plain http shows cookies, codes and tokens to everybody on the way; it never leaves the machine. */
function checkTransport (name: string, url: string, production: boolean): void {
  if (url.startsWith('https:')) return
  if (production) throw wrong(`option "${name}" must start with https:// in production, but ${JSON.stringify(url)} was given.`)
  if (!isLoopbackHost(new URL(url).hostname)) {
    throw wrong(`option "${name}" may use http:// for localhost only, but ${JSON.stringify(url)} was given. Use https://.`)
  }
}

/** Without https no cookie comes with what another site posts (SameSite=None needs Secure), so that no attempt would ever be found. */
function checkResponseMode ({ responseMode, baseUrl }: Resolved<ProviderOptions>, authority: string): void {
  const isSameSite = baseUrl.startsWith('https:') || (authority.startsWith('http:') && new URL(authority).hostname === new URL(baseUrl).hostname)
  if (responseMode === 'form_post' && !isSameSite) {
    throw wrong(`option "responseMode" is "form_post", and "baseUrl" is ${JSON.stringify(baseUrl)}: browsers keep the cookies back that such an answer needs. Use https, or leave "responseMode" out.`)
  }
}

function wrong (message: string): Error {
  return new ConfigurationError(`fastify-entra/provider: ${message}`)
}
