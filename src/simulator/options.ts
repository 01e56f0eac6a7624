import { publicCloud } from '../core/authority.ts'
import type { Environment } from '../core/environment.ts'
import { ConfigurationError } from '../core/errors.ts'
import { isGuid } from '../core/guid.ts'
import { isLoopbackHost } from '../core/loopback.ts'
import { is, type OptionRules } from '../core/options.ts'
import type { Claims, RefusedSignIn, SignInAudience, TokenResponseHook } from './types.ts'

/** A tenant of one's own. */
export interface TenantOptions {
  /** A GUID. */
  id: string
  /** Default: its id. */
  name?: string | undefined
  /** Verified domains; each names the tenant in a URL as its GUID does. Default: none. */
  domains?: string[] | undefined
  /** Whether its people may consent for themselves. `false`: sign-ins get AADSTS90094 until an administrator has consented. Default: `true`. */
  userConsent?: boolean | undefined
}

/** An account of one's own. */
export interface AccountOptions {
  /** Short name by which tests pick it: small letters, digits and hyphens. */
  key: string
  /** A tenant's GUID or domain, or `consumers` for a personal account. */
  tenant: string
  /** Display name: the `name` claim. Default: the key. */
  name?: string | undefined
  /** Sign-in name: the `preferred_username` claim. Default: the claim `upn`, else `email`, else the key below the tenant's domain. */
  username?: string | undefined
  /** The `oid` claim, a GUID. Default: one that follows from tenant and key. */
  oid?: string | undefined
  /** One line for the page on which accounts are picked. */
  shows?: string | undefined
  /** Claims beyond those that every token has: `email`, `upn`, `xms_edov` … Default: none. */
  claims?: Claims | undefined
  /** Whether this person says no when asked for consent. Default: `false`. */
  refusesConsent?: boolean | undefined
  /** Whether this person administers the tenant, and so may consent for all of it. Default: `false`. */
  isAdministrator?: boolean | undefined
  /** Has Microsoft refuse the sign-in: 50105 (not assigned), 53000 (device) or 53003 (Conditional Access). Default: none. */
  fault?: RefusedSignIn | undefined
}

/** A client secret beside the first one. */
export interface ClientSecretOptions {
  /** At least eight printable characters. */
  value: string
  /** When it ends, in milliseconds since 1970. Default: never. */
  expiresAt?: number | undefined
}

/** Somebody whose tokens the application may show (workload identity federation). */
export interface FederatedCredentialOptions {
  /** The `iss` of the tokens, compared character by character. */
  issuer: string
  /** Their `sub`, compared character by character. */
  subject: string
  /** Their `aud`. Default: `api://AzureADTokenExchange`, Microsoft's own. */
  audience?: string | undefined
  /** The issuer's RSA keys: a JWK set, or one public key in PEM. */
  keys: string | { keys: object[] }
}

/** Options that the plugin and the test kit share. */
export interface SimulatorOptions {
  /** Client id of the one application that is registered, a GUID. Default: a fixed one, so that subjects stay the same. */
  clientId?: string | undefined
  /** Its client secret, at least eight printable characters. Default: a random one. */
  clientSecret?: string | undefined
  /** Further client secrets, each with its end. Default: none. */
  clientSecrets?: ClientSecretOptions[] | undefined
  /** Its certificates, in PEM: the public half. Default: none. */
  certificates?: string[] | undefined
  /** Whose tokens it may show in place of a secret. Default: nobody's. */
  federatedCredentials?: FederatedCredentialOptions[] | undefined
  /** Its redirect URIs, compared character by character. Default: none; the provider plugin adds its own. */
  redirectUris?: string[] | undefined
  /** Platform of the redirect URIs. Default: `web`; with `spa` a server gets AADSTS9002327. */
  platform?: 'web' | 'spa' | undefined
  /** Who may use the application. Default: everybody, `AzureADandPersonalMicrosoftAccount`. */
  signInAudience?: SignInAudience | undefined
  /** The application's own tenant, a GUID. `AzureADMyOrg` needs it. Default: none. */
  tenantId?: string | undefined
  /** Optional claims of its ID tokens. Default: all that the simulator knows. */
  optionalClaims?: string[] | undefined
  /** Whether its tokens are signed with keys of its own, as a claims-mapping policy makes Microsoft do. Default: `false`. */
  appSpecificKeys?: boolean | undefined
  /** Whether a tenant's claims-mapping policy may write claims into its tokens. Default: `true`, so that the account `mallory-mapped` shows what that lets in; with `false` it gets AADSTS50146. */
  acceptMappedClaims?: boolean | undefined
  /** Whether an address is left out of its tokens that Microsoft does not vouch for. Default: `false`. */
  removeUnverifiedEmailClaim?: boolean | undefined
  /** What is called when somebody signs out who was signed in to the application. Default: nothing; the sign-out plugin sets its own. */
  frontChannelLogoutUrl?: string | undefined
  /** Tenants beyond the built-in ones. Default: none. */
  tenants?: TenantOptions[] | undefined
  /** Accounts beyond the built-in ones. Default: none. */
  accounts?: AccountOptions[] | undefined
  /** Changes a token response before it is sent. Default: none. */
  onTokenResponse?: TokenResponseHook | undefined
  /** Clock and randomness. Default: the real ones. */
  environment?: Partial<Pick<Environment, 'now' | 'randomBytes'>> | undefined
}

/** Options of the test kit. */
export interface SimulatorKitOptions extends SimulatorOptions {
  /** Origin of the cloud it stands in for, as in the provider's option. Default: the public cloud. */
  authority?: string | undefined
  /** Issuer of its tokens, where `authority` is a custom domain of External ID. Default: follows from `authority`. */
  issuer?: string | undefined
}

/** Options of the simulator plugin. */
export interface SimulatorPluginOptions extends SimulatorOptions {
  /** Scheme and host under which browsers reach the application. Its host must be this machine. */
  baseUrl: string
  /** Path below which the endpoints are. Default: `/microsoft-simulator`. */
  prefix?: string
}

const key = (value: unknown): boolean => typeof value === 'string' && /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/.test(value)
const domain = (value: unknown): boolean => typeof value === 'string' && /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(value)
const redirectUri = (value: unknown): boolean => is.url(value) && !/[#*]/.test(value as string)

/** The rules behind {@link SimulatorOptions}. */
export const simulatorOptionRules: OptionRules<SimulatorOptions> = {
  clientId: {
    default: '75dc5961-e437-46ec-aed8-b15e9eba24db',
    check: isGuid,
    expected: 'a GUID',
    about: 'Client id of the application that is registered at the simulator.'
  },
  clientSecret: {
    defaultText: 'a random one',
    check: (value) => typeof value === 'string' && /^[\x21-\x7e]{8,}$/.test(value),
    expected: 'at least eight printable characters',
    secret: true,
    about: 'Its client secret.'
  },
  clientSecrets: {
    default: [],
    check: is.listOf(is.object),
    expected: 'a list of secrets: { value, expiresAt }',
    secret: true,
    about: 'Further client secrets, each with its end in milliseconds since 1970.'
  },
  certificates: {
    default: [],
    check: is.listOf((value) => typeof value === 'string' && value.includes('-----BEGIN CERTIFICATE-----')),
    expected: 'a list of certificates in PEM',
    about: 'Its certificates, in PEM, without their keys.'
  },
  federatedCredentials: {
    default: [],
    check: is.listOf(is.object),
    expected: 'a list of federated credentials: { issuer, subject, audience, keys }',
    about: 'Whose tokens the application may show in place of a secret.'
  },
  redirectUris: {
    defaultText: 'none; the provider plugin adds its own to a registered simulator',
    default: [],
    check: is.listOf(redirectUri),
    expected: 'a list of absolute URLs without fragment and asterisk',
    about: 'Its redirect URIs, compared character by character.'
  },
  platform: {
    default: 'web',
    check: is.oneOf('web', 'spa'),
    expected: '"web" or "spa"',
    about: 'Platform of the redirect URIs. With `spa` a server gets AADSTS9002327, as at Microsoft.'
  },
  signInAudience: {
    default: 'AzureADandPersonalMicrosoftAccount',
    check: is.oneOf('AzureADandPersonalMicrosoftAccount', 'AzureADMultipleOrgs', 'AzureADMyOrg', 'PersonalMicrosoftAccount'),
    expected: 'one of AzureADandPersonalMicrosoftAccount, AzureADMultipleOrgs, AzureADMyOrg, PersonalMicrosoftAccount',
    about: 'Who may use the application, as in its manifest.'
  },
  tenantId: {
    defaultText: 'none',
    check: isGuid,
    expected: 'the GUID of a simulated tenant',
    about: 'The application\'s own tenant: with `AzureADMyOrg` the only one that may use it.'
  },
  optionalClaims: {
    default: ['acct', 'auth_time', 'email', 'family_name', 'given_name', 'groups', 'login_hint', 'sid', 'upn', 'verified_primary_email', 'verified_secondary_email', 'xms_edov'],
    check: is.listOf(is.text),
    expected: 'a list of claim names',
    about: 'Optional claims of its ID tokens. Leave one out to see what a forgotten one does.'
  },
  appSpecificKeys: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: '`true` signs its tokens with keys of its own, which are published to whoever asks for them with `?appid=`.'
  },
  acceptMappedClaims: {
    default: true,
    check: is.boolean,
    expected: 'true or false',
    about: '`false` refuses accounts with claims of a claims-mapping policy, such as `mallory-mapped` (AADSTS50146), as Microsoft does where the manifest does not accept mapped claims.'
  },
  removeUnverifiedEmailClaim: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: '`true` leaves `email` out of tokens where `xms_edov` of the account is not true, as `authenticationBehaviors` of the registration does.'
  },
  frontChannelLogoutUrl: {
    defaultText: 'none; the sign-out plugin sets its own at a registered simulator',
    check: redirectUri,
    expected: 'an absolute URL without fragment and asterisk',
    about: 'What is called when somebody signs out who was signed in to the application.'
  },
  tenants: {
    default: [],
    check: is.listOf(is.object),
    expected: 'a list of tenants: { id, name, domains }',
    about: 'Tenants beyond the built-in ones.'
  },
  accounts: {
    default: [],
    check: is.listOf(is.object),
    expected: 'a list of accounts: { key, tenant, claims … }',
    about: 'Accounts beyond the built-in ones.'
  },
  onTokenResponse: {
    defaultText: 'none',
    check: is.function,
    expected: 'a function that takes a token response and returns one',
    about: 'Changes a token response before it is sent.'
  },
  environment: {
    defaultText: 'the real clock and randomness',
    check: (value) => is.object(value) &&
      Object.entries(value as object).every(([name, part]) => ['now', 'randomBytes'].includes(name) && is.function(part)),
    expected: 'an object with some of now and randomBytes, functions both',
    about: 'Clock and randomness; for tests.'
  }
}

/** The rules behind {@link SimulatorKitOptions}. */
export const simulatorKitRules: OptionRules<SimulatorKitOptions> = {
  ...simulatorOptionRules,
  authority: {
    default: publicCloud,
    check: (value) => is.origin(value) && (value as string).startsWith('https:') && !isLoopbackHost(new URL(value as string).hostname),
    expected: 'an https origin such as "https://login.microsoftonline.us"',
    about: 'Origin of the cloud that the simulator stands in for.'
  },
  issuer: {
    defaultText: 'follows from `authority`',
    check: (value) => is.url(value) && (value as string).endsWith('/v2.0'),
    expected: 'an issuer that ends in "/v2.0"',
    about: 'Issuer of its tokens, where `authority` is a custom domain of External ID.'
  }
}

/** The rules behind {@link SimulatorPluginOptions}. */
export const simulatorPluginRules: OptionRules<SimulatorPluginOptions> = {
  ...simulatorOptionRules,
  baseUrl: {
    required: true,
    check: (value) => is.origin(value) && isLoopbackHost(new URL(value as string).hostname),
    expected: 'an origin on this machine such as "http://localhost:3000"',
    remedy: 'The simulator lets anybody in, so it runs on this machine only. Anywhere else leave it out and give the provider clientId and clientSecret from the Azure portal.',
    about: 'Origin under which browsers reach the application: a loopback host.'
  },
  prefix: {
    default: '/microsoft-simulator',
    check: (value) => is.path(value) && !(value as string).endsWith('/'),
    expected: 'a plain path such as "/microsoft-simulator"',
    about: 'Path below which the endpoints are.'
  }
}

/** The rules behind {@link ClientSecretOptions}. */
export const clientSecretRules: OptionRules<ClientSecretOptions> = {
  value: {
    required: true,
    check: (value) => typeof value === 'string' && /^[\x21-\x7e]{8,}$/.test(value),
    expected: 'at least eight printable characters',
    secret: true,
    about: 'The secret.'
  },
  expiresAt: { check: is.integer(0, 8_640_000_000_000_000), expected: 'milliseconds since 1970', about: 'When it ends.' }
}

/** The rules behind {@link FederatedCredentialOptions}. */
export const federatedCredentialRules: OptionRules<FederatedCredentialOptions> = {
  issuer: { required: true, check: is.url, expected: 'a URL', about: 'The `iss` of its tokens.' },
  subject: { required: true, check: is.text, expected: 'a text', about: 'Their `sub`.' },
  audience: { default: 'api://AzureADTokenExchange', check: is.text, expected: 'a text', about: 'Their `aud`.' },
  keys: {
    required: true,
    check: (value) => typeof value === 'string' || (is.object(value) && is.listOf(is.object)((value as { keys?: unknown }).keys)),
    expected: 'a JWK set, { keys: [...] }, or a public key in PEM',
    about: 'The public RSA keys of the issuer.'
  }
}

/** The rules behind {@link TenantOptions}. */
export const tenantRules: OptionRules<TenantOptions> = {
  id: { required: true, check: isGuid, expected: 'a GUID', about: 'The tenant.' },
  name: { check: is.text, expected: 'a name', about: 'Display name.' },
  domains: { default: [], check: is.listOf(domain), expected: 'a list of domain names', about: 'Verified domains.' },
  userConsent: { default: true, check: is.boolean, expected: 'true or false', about: 'Whether its people may consent for themselves.' }
}

/** The rules behind {@link AccountOptions}. */
export const accountRules: OptionRules<AccountOptions> = {
  key: { required: true, check: key, expected: 'small letters, digits and hyphens', about: 'Short name by which tests pick it.' },
  tenant: { required: true, check: is.text, expected: 'a tenant\'s GUID or domain, or "consumers"', about: 'Its tenant.' },
  name: { check: is.text, expected: 'a name', about: 'Display name.' },
  username: { check: is.text, expected: 'a sign-in name', about: 'The `preferred_username` claim.' },
  oid: { check: isGuid, expected: 'a GUID', about: 'The `oid` claim.' },
  shows: { check: is.text, expected: 'one line of text', about: 'What it is good for.' },
  claims: {
    default: {},
    check: (value) => is.object(value) && !Array.isArray(value),
    expected: 'an object: claim names and values',
    about: 'Claims beyond those that every token has.'
  },
  refusesConsent: { default: false, check: is.boolean, expected: 'true or false', about: 'Whether this person says no when asked for consent.' },
  isAdministrator: { default: false, check: is.boolean, expected: 'true or false', about: 'Whether this person administers the tenant.' },
  fault: { check: (value) => [50105, 53000, 53003].includes(value as number), expected: '50105, 53000 or 53003', about: 'Number behind AADSTS with which the sign-in is refused.' }
}

/** An option that is wrong in a way that no single rule sees. */
export function wrongOption (message: string): Error {
  return new ConfigurationError(`fastify-entra/simulator: ${message}`)
}
