import { ConfigurationError } from '../core/errors.ts'
import { is, type OptionRules, type Resolved } from '../core/options.ts'
import type { ClientOptions } from './client-options.ts'
import { isProjectName } from './project-name.ts'

/** Options of the identity plugin: one registration is one project, with an issuer and keys of its own. */
export interface IdentityOptions {
  /** Name of the project: what the store keeps of it stands under this name. */
  project?: string | undefined
  /** Path of the issuer: all endpoints are below it. */
  issuerPath?: string | undefined
  /** Apps that sign people in here, beside those that the command line has added. */
  clients?: readonly ClientOptions[] | undefined
  /** How long an access token is good, in milliseconds. */
  accessTokenLifetime?: number | undefined
  /** How long an ID token is good, in milliseconds. */
  idTokenLifetime?: number | undefined
  /** How long a refresh token is good that nobody uses, in milliseconds. */
  refreshTokenLifetime?: number | undefined
  /** How long refreshing may go on without a new sign-in to the app, in milliseconds. */
  refreshTokenAbsoluteLifetime?: number | undefined
  /** How long after its use a refresh token that comes again is one of two that came at once, in milliseconds. */
  refreshTokenReuseGrace?: number | undefined
  /** How long a client may take to answer when it is told that a session ended, in milliseconds. */
  backchannelLogoutTimeout?: number | undefined
  /** Instance decorator that holds this project. */
  identityDecorator?: string | undefined
}

const day = 86_400_000
/** The rules behind {@link IdentityOptions}. */
export const identityOptionRules: OptionRules<IdentityOptions> = {
  project: {
    default: 'identity',
    check: isProjectName,
    expected: 'a name of at most 32 lower-case letters, digits and dashes',
    about: 'Name of the project. What the store keeps of it stands under this name, and the command line asks for it.'
  },
  issuerPath: {
    defaultText: '`/identity` below `prefix`; of another project `/identity-` and its name',
    check: (value) => is.path(value) && value !== '/' && !(value as string).endsWith('/'),
    expected: 'a plain path such as "/auth/identity", without a slash at its end',
    about: 'Path of the issuer, which is `baseUrl` and this: all endpoints are below it.'
  },
  clients: {
    default: [],
    check: is.listOf(is.object),
    expected: 'a list of clients',
    remedy: 'Each is an object such as { id: "wiki", name: "Wiki", type: "web", redirectUrls: ["https://wiki.example/callback"], authentication: "private_key_jwt", jwks }.',
    about: 'Apps that sign people in here, beside those that the command line has added.'
  },
  accessTokenLifetime: {
    default: 600_000,
    check: is.integer(60_000, day),
    expected: 'milliseconds, an integer from 60000 (a minute) to 86400000 (a day)',
    about: 'How long an access token is good, in milliseconds. It ends earlier with the session that it was given in.'
  },
  idTokenLifetime: {
    default: 600_000,
    check: is.integer(60_000, day),
    expected: 'milliseconds, an integer from 60000 (a minute) to 86400000 (a day)',
    about: 'How long an ID token is good, in milliseconds. It says who signed in; apps keep sessions of their own.'
  },
  refreshTokenLifetime: {
    default: 14 * day,
    check: is.integer(60_000, 366 * day),
    expected: 'milliseconds, an integer from 60000 (a minute) to 31622400000 (366 days)',
    about: 'How long a refresh token is good that nobody uses, in milliseconds. Each use gives another one.'
  },
  refreshTokenAbsoluteLifetime: {
    default: 90 * day,
    check: is.integer(60_000, 366 * day),
    expected: 'milliseconds, an integer from 60000 (a minute) to 31622400000 (366 days)',
    about: 'How long refreshing may go on without a new sign-in to the app, in milliseconds.'
  },
  refreshTokenReuseGrace: {
    default: 2_000,
    check: is.integer(0, 60_000),
    expected: 'milliseconds, an integer from 0 to 60000 (a minute)',
    about: 'How long after its use a refresh token that comes again is taken for one of two requests that came at once, in milliseconds: it is refused and no more. Later it is taken for a theft, and ends all that came of it; 0 does so at once.'
  },
  backchannelLogoutTimeout: {
    default: 2_500,
    check: is.integer(100, 30_000),
    expected: 'milliseconds, an integer from 100 to 30000',
    about: 'How long a client may take to answer when it is told that a session ended, in milliseconds. Whoever signs out waits for the slowest.'
  },
  identityDecorator: {
    default: 'identity',
    check: is.identifier,
    expected: 'a name such as "identity"',
    about: 'Name under which the application has this project: `app.identity`. Each further project needs another one.'
  }
}

/** @throws ConfigurationError where the lifetimes contradict each other. */
export function checkIdentityOptions ({ refreshTokenLifetime, refreshTokenAbsoluteLifetime }: Resolved<IdentityOptions>): void {
  if (refreshTokenLifetime! > refreshTokenAbsoluteLifetime!) {
    throw new ConfigurationError(`fastify-entra/identity: option "refreshTokenLifetime" (${refreshTokenLifetime}) is longer than "refreshTokenAbsoluteLifetime" (${refreshTokenAbsoluteLifetime}), so it would never count. Make it shorter.`)
  }
}
