import { ConfigurationError } from '../core/errors.ts'
import { is, type OptionRules, type Resolved } from '../core/options.ts'

/** Options of the session plugin. Times are in milliseconds. */
export interface SessionOptions {
  /** Without a request for this long, a session ends. */
  idleTimeout?: number | undefined
  /** After this long a session ends in any case. */
  absoluteTimeout?: number | undefined
  /** How long a process may believe what it read: the longest that a session lives on after another process ended it. */
  sessionCache?: number | undefined
  /** How old Microsoft's word about an account may be before it is asked again; never asked where it is left out. */
  revalidateEvery?: number | undefined
  /** How many sessions a user may have at a time; none where it is left out. */
  maxSessionsPerUser?: number | undefined
  /** Name of the session cookie, without the `__Host-` that https puts before it. */
  cookieName?: string | undefined
  /** Path of the route that says who is signed in, in JSON. */
  sessionPath?: string | undefined
  /** Path of the sign-out route, POST only. */
  logoutPath?: string | undefined
  /** Request decorator that holds the user. */
  userDecorator?: string | undefined
  /** Instance decorator that is the hook for routes that need a user. */
  requireUserDecorator?: string | undefined
  /** Instance decorator that lists and ends sessions. */
  sessionsDecorator?: string | undefined
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** The rules behind {@link SessionOptions}. */
export const sessionOptionRules: OptionRules<SessionOptions> = {
  idleTimeout: {
    default: 12 * hour,
    check: is.integer(5 * minute, 90 * day),
    expected: 'milliseconds from 300000 (5 minutes) to 7776000000 (90 days)',
    about: 'Milliseconds without a request after which a session ends (12 hours).'
  },
  absoluteTimeout: {
    default: 7 * day,
    check: is.integer(5 * minute, 365 * day),
    expected: 'milliseconds from 300000 (5 minutes) to 31536000000 (365 days)',
    about: 'Milliseconds after which a session ends in any case (7 days).'
  },
  sessionCache: {
    default: 1_000,
    check: is.integer(0, 60_000),
    expected: 'milliseconds from 0 to 60000',
    about: 'Milliseconds for which a process believes what it read: how long a session may live on after another process ended it. 0 reads the store at every request.'
  },
  revalidateEvery: {
    defaultText: 'never',
    check: is.integer(minute, 365 * day),
    expected: 'milliseconds from 60000 (1 minute) to 31536000000 (365 days)',
    remedy: 'Leave it out to ask only at a sign-in.',
    about: 'Milliseconds after which Microsoft is asked again whether the account of a session may still sign in, so that people who were disabled there are out.'
  },
  maxSessionsPerUser: {
    defaultText: 'as many as they like',
    check: is.integer(1, Number.MAX_SAFE_INTEGER),
    expected: 'an integer from 1',
    remedy: 'Leave it out for no limit.',
    about: 'How many sessions a user may have at a time. A new sign-in ends the oldest ones.'
  },
  cookieName: {
    default: 'entra-session',
    check: (value) => typeof value === 'string' && /^[\w-]{1,64}$/.test(value) && !/^__(?:host|secure)-/i.test(value),
    expected: 'letters, digits, "_" and "-"',
    remedy: 'Leave out the prefix "__Host-": it is put before the name where the site is https.',
    about: 'Name of the session cookie; with https `__Host-` stands before it.'
  },
  sessionPath: {
    defaultText: '`/session` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/session"',
    about: 'Path of the route that says in JSON who is signed in: for single-page apps.'
  },
  logoutPath: {
    defaultText: '`/logout` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/logout"',
    about: 'Path of the sign-out route, POST only.'
  },
  userDecorator: {
    default: 'user',
    check: is.identifier,
    expected: 'a name such as "user"',
    about: 'Name under which a request holds its user: `request.user`.'
  },
  requireUserDecorator: {
    default: 'requireUser',
    check: is.identifier,
    expected: 'a name such as "requireUser"',
    about: 'Name of the hook for routes that need a user: `app.requireUser`.'
  },
  sessionsDecorator: {
    default: 'sessions',
    check: is.identifier,
    expected: 'a name such as "sessions"',
    about: 'Name under which the application lists and ends sessions: `app.sessions`.'
  }
}

/** @throws ConfigurationError where the limits contradict each other. */
export function checkSessionOptions (options: Resolved<SessionOptions>): void {
  if (options.revalidateEvery !== undefined && options.revalidateEvery >= options.absoluteTimeout!) {
    throw new ConfigurationError(`fastify-entra/session: option "revalidateEvery" (${options.revalidateEvery}) is not shorter than "absoluteTimeout" (${options.absoluteTimeout}), so it would never count. Make it shorter.`)
  }
  if (options.idleTimeout! > options.absoluteTimeout!) {
    throw new ConfigurationError(`fastify-entra/session: option "idleTimeout" (${options.idleTimeout}) is longer than "absoluteTimeout" (${options.absoluteTimeout}), so it would never count. Make it shorter.`)
  }
}
