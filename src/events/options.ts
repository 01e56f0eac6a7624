import type { AuthEventType } from '../core/events.ts'
import { is, type OptionRule, type OptionRules } from '../core/options.ts'
import type { EventHook, EventHooks } from './hooks.ts'

/** Options of the events plugin. */
export interface EventOptions extends EventHooks {
  /** How long a hook is waited for, in milliseconds. */
  hookTimeout?: number | undefined
}

const hook = <Type extends AuthEventType>(about: string): OptionRule<EventHook<Type>> => ({
  defaultText: 'none',
  check: is.function,
  expected: 'a function (event)',
  about
})

/** The rules behind {@link EventOptions}. */
export const eventOptionRules: OptionRules<EventOptions> = {
  onSignUp: hook('Called after a sign-in made a user (`user_created`).'),
  onLink: hook('Called after an identity was attached to a user who was there before (`identity_linked`, `account_merged`).'),
  onUnlink: hook('Called after an identity was taken from its user (`identity_unlinked`).'),
  onEmailChange: hook('Called after a sign-in whose address, or its being verified, is not that of the last one (`email_changed`).'),
  onRefuse: hook('Called after a sign-in, or a change that somebody asked for, was refused (`refused`).'),
  onSignOut: hook('Called after somebody signed out (`signed_out`).'),
  onSessionsEnd: hook('Called after sessions were ended from elsewhere (`sessions_ended`).'),
  onDisable: hook('Called after a user was disabled (`user_disabled`).'),
  onDelete: hook('Called after a user was deleted (`user_deleted`).'),
  onEvent: hook('Called after every event.'),
  hookTimeout: {
    default: 5_000,
    check: is.integer(1, 60_000),
    expected: 'milliseconds from 1 to 60000',
    about: 'Milliseconds for which a hook is waited for; one that takes longer is logged and left to itself.'
  }
}

/** Options of the audit plugin. */
export interface AuditOptions {
  /** `false` keeps no audit. */
  audit?: boolean | undefined
  /** Whether addresses are kept as they are, and not as keyed hash. */
  auditAddresses?: boolean | undefined
  /** How long an entry is kept, in milliseconds. */
  auditRetention?: number | undefined
  /** Instance decorator that holds the audit. */
  auditDecorator?: string | undefined
}

const day = 86_400_000

/** The rules behind {@link AuditOptions}. */
export const auditOptionRules: OptionRules<AuditOptions> = {
  audit: {
    default: true,
    check: is.boolean,
    expected: 'true or false',
    about: '`false` keeps no audit: there is no `app.audit`, and a sign-in is not written down.'
  },
  auditAddresses: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: 'Whether the audit keeps e-mail addresses as they are. Else it keeps a keyed hash (HMAC) of them.'
  },
  auditRetention: {
    default: 180 * day,
    check: is.integer(day, 3_650 * day),
    expected: 'milliseconds from 86400000 (1 day) to 315360000000 (10 years)',
    about: 'Milliseconds for which the audit keeps an entry (180 days).'
  },
  auditDecorator: {
    default: 'audit',
    check: is.identifier,
    expected: 'a name such as "audit"',
    about: 'Name of the audit: `app.audit`.'
  }
}
