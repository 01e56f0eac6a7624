import { is, type OptionRules } from '../core/options.ts'
import type { ClientAuthentication, ClientType, SigningAlgorithm } from './types.ts'

/** An app as its operator describes it: an entry of option `clients`, or the flags of `fastify-entra clients add`. */
export interface ClientOptions {
  /** `client_id`: 1 to 100 letters, digits and, behind the first, `-._~`. */
  id: string
  /** Shown on the consent page: up to 100 characters. */
  name: string
  /** `web` runs on a server, `spa` in the browser, `native` on the person's own machine. */
  type: ClientType
  /** The app's own page. */
  url?: string | undefined
  /** Where a sign-in may return to, exactly. */
  redirectUrls: string[]
  /** Where a sign-out may return to, exactly. */
  logoutRedirectUrls?: string[] | undefined
  /** How it authenticates at the token endpoint. */
  authentication?: ClientAuthentication | undefined
  /** What its ID tokens are signed by. */
  idTokenAlgorithm?: SigningAlgorithm | undefined
  /** Whether it may ask for `offline_access`. */
  refreshTokens?: boolean | undefined
  /** What it may ask for beside `openid`. */
  scopes?: string[] | undefined
  /** Whether nobody is asked for consent. */
  firstParty?: boolean | undefined
  /** Where it is told that a session ended. */
  backchannelLogoutUrl?: string | undefined
  /** Public keys that check its assertions. */
  jwks?: { keys: Array<Record<string, unknown>> } | undefined
  /** One or two, 32 characters at least. */
  secrets?: string[] | undefined
}

/** How many secrets a client has at most: the one in use, and the one that takes its place. */
export const secretsAtOnce = 2

/** Whether a client may have this id. */
export function isClientId (text: string): boolean {
  return /^[A-Za-z0-9][\w.~-]{0,99}$/.test(text)
}

/** One token of RFC 6749 section 3.3. */
const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/** Printed as it is given: no control character, nothing invisible and nothing that turns the direction of writing. */
const unprintable = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u

const isSecret = (value: unknown): boolean => typeof value === 'string' && /^[\x21-\x7E]{32,200}$/.test(value)

const isScope = (value: unknown): boolean => typeof value === 'string' && scopeToken.test(value) && value !== 'offline_access'

/** The rules of a client, each on its own; what contradicts another one is for {@link readClient}. */
export const clientRules: OptionRules<ClientOptions> = {
  id: {
    required: true,
    check: (value) => typeof value === 'string' && isClientId(value),
    expected: '1 to 100 letters, digits, and, behind the first, characters of "-._~"',
    about: '`client_id`'
  },
  name: {
    required: true,
    check: (value) => is.text(value) && (value as string).length <= 100 && !unprintable.test(value as string),
    expected: 'text of up to 100 characters without control characters and invisible ones',
    about: 'what the consent page calls it'
  },
  type: {
    required: true,
    check: is.oneOf('web', 'spa', 'native'),
    expected: '"web" (runs on a server), "spa" (runs in the browser) or "native" (runs on the person\'s own machine)',
    about: '`web`, `spa` or `native`: whether it can keep a secret, and where it may be returned to'
  },
  url: {
    check: is.url,
    expected: 'an http or https URL',
    about: 'its own page, shown on the consent page'
  },
  redirectUrls: {
    required: true,
    check: (value) => is.listOf((one) => typeof one === 'string')(value) && (value as string[]).length > 0,
    expected: 'a list of URLs, one at least',
    about: 'where a sign-in may return to, compared character by character'
  },
  logoutRedirectUrls: {
    default: [],
    check: is.listOf((one) => typeof one === 'string'),
    expected: 'a list of URLs',
    about: 'where a sign-out may return to, compared character by character'
  },
  authentication: {
    defaultText: '`client_secret_basic` for `web`, else `none`',
    check: is.oneOf('client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'),
    expected: '"client_secret_basic", "client_secret_post", "private_key_jwt" or "none"',
    about: 'how it authenticates at the token endpoint'
  },
  idTokenAlgorithm: {
    default: 'RS256',
    check: is.oneOf('RS256', 'ES256'),
    expected: '"RS256" or "ES256"',
    about: 'what its ID tokens are signed by: every client knows `RS256`, and `ES256` is shorter'
  },
  refreshTokens: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: 'whether it may ask for `offline_access`, and so be given refresh tokens'
  },
  scopes: {
    default: ['profile', 'email'],
    check: is.listOf(isScope),
    expected: 'a list of scopes without spaces in them',
    remedy: 'The scope "offline_access" is given by refreshTokens: true.',
    about: 'what it may ask for beside `openid`'
  },
  firstParty: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: 'your own app: nobody is asked for consent'
  },
  backchannelLogoutUrl: {
    check: is.url,
    expected: 'an https URL',
    about: 'where it is told that a session ended (OpenID Connect Back-Channel Logout)'
  },
  jwks: {
    check: (value) => is.object(value) && is.listOf(is.object)((value as { keys?: unknown }).keys) && (value as { keys: unknown[] }).keys.length > 0,
    expected: 'a JSON Web Key Set with one key at least, { keys: [ … ] }',
    secret: true,
    about: 'public keys that check its assertions, with `private_key_jwt`'
  },
  secrets: {
    check: (value) => is.listOf(isSecret)(value) && (value as string[]).length >= 1 && (value as string[]).length <= secretsAtOnce,
    expected: 'a list of one or two secrets, 32 to 200 printable characters each, without spaces',
    remedy: 'Make one with: openssl rand -base64 32',
    secret: true,
    about: 'secrets of a client that has some; two at a time, so that one can be replaced'
  }
}
