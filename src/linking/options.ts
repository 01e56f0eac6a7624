import { is, type OptionRules, type Resolved } from '../core/options.ts'
import { areOwnCodes, type BeforeSignUp } from './sign-up.ts'
import type { AccountStore } from './store.ts'
import type { LinkingPolicy } from './types.ts'

/** Options of the linking plugin. */
export interface LinkingOptions {
  /** Whether a verified address becomes an identifier of its user. Else it is profile data, never a key. */
  use_email_as_identifier?: boolean | undefined
  /** Whether an identity with a verified address is attached to the user who holds that address. */
  allow_email_account_merge?: boolean | undefined
  /** Whether a new identity whose address is not verified proves it by a one-time code that is mailed there. */
  verify_email?: boolean | undefined
  /** Whether new identities without a verified address are refused. */
  requireVerifiedEmail?: boolean | undefined
  /** Whether a sign-in may make new users. */
  allowSignup?: boolean | undefined
  /** Whether the sessions that a user had end when an identity is merged into the account. */
  endSessionsOnMerge?: boolean | undefined
  /** How many sign-ins of one tenant that the options do not name may be told in an hour that an address which they merely state is somebody's. */
  collisionsPerTenant?: number | undefined
  /** Whether a user has another way in than Microsoft, such as a password: asked before the last identity is unlinked. */
  hasOtherWayIn?: ((userId: string) => boolean | Promise<boolean>) | undefined
  /** How long `hasOtherWayIn` is waited for, in milliseconds. */
  hasOtherWayInTimeout?: number | undefined
  /** The application's own word on a sign-up, before a user is made. */
  beforeSignUp?: BeforeSignUp | undefined
  /** The codes by which `beforeSignUp` refuses, each with the text that people read. */
  signUpRefusals?: Readonly<Record<string, string>> | undefined
  /** How long `beforeSignUp` is waited for, in milliseconds. */
  beforeSignUpTimeout?: number | undefined
  /** An account table of the application's own, in place of the one in `database`. */
  accounts?: AccountStore | undefined
}

/** The rules behind {@link LinkingOptions}. */
export const linkingOptionRules: OptionRules<LinkingOptions> = {
  use_email_as_identifier: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: 'Whether a verified, free address becomes an identifier of its user. Without it an address is profile data with its score, never a key.'
  },
  allow_email_account_merge: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: 'Whether a new identity with a verified address is attached to the user who holds that address. With an unverified one it is refused (`email_in_use`).'
  },
  verify_email: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: 'Whether a new identity whose address is not verified proves it by a one-time code that is mailed there. Needs `use_email_as_identifier` and a mailer.'
  },
  requireVerifiedEmail: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: 'Whether new identities without a verified address are refused (`unverified_email`).'
  },
  allowSignup: {
    default: true,
    check: is.boolean,
    expected: 'true or false',
    about: 'Whether a sign-in may make new users; else who is neither known, invited nor merged is refused (`signup_disabled`).'
  },
  endSessionsOnMerge: {
    default: true,
    check: is.boolean,
    expected: 'true or false',
    about: 'Whether all sessions that the user had end when an identity is merged into the account.'
  },
  collisionsPerTenant: {
    default: 20,
    check: is.integer(1, 1_000),
    expected: 'a number of sign-ins from 1 to 1000',
    remedy: 'Tenants that are named by "tenant" or listed in "allowedTenants" are not counted.',
    about: 'How many sign-ins of one tenant may meet in an hour, with an address that nobody vouches for, somebody who has it (row C3). After that all new ones of the tenant with such an address get `too_many_requests`. Tenants that `tenant` names or `allowedTenants` lists, and personal accounts, are not counted.'
  },
  hasOtherWayIn: {
    defaultText: 'none: nobody has',
    check: is.function,
    expected: 'a function (userId) that gives true or false',
    about: 'Whether a user has another way in than Microsoft, such as a password. Asked before the last identity is unlinked, which is refused (`last_identity`) unless it gives `true`; also where it fails.'
  },
  hasOtherWayInTimeout: {
    default: 5_000,
    check: is.integer(1, 60_000),
    expected: 'milliseconds from 1 to 60000',
    about: 'Milliseconds for which `hasOtherWayIn` is waited for; after that the user has no other way in.'
  },
  beforeSignUp: {
    defaultText: 'none: nobody is asked',
    check: is.function,
    expected: 'a function (candidate) that gives a code of "signUpRefusals", or nothing',
    about: 'Asked before a sign-in makes a user: a code of `signUpRefusals` refuses it, nothing lets it go on. Where it fails, the sign-up is refused (`server_error`).'
  },
  signUpRefusals: {
    default: {},
    check: areOwnCodes,
    expected: 'an object of texts by codes of your own, such as { plan_full: "No seats are left." }',
    remedy: 'A code is lower-case letters, digits and "_", 64 at most, and none of the codes of fastify-entra; a text is 1 to 500 characters.',
    about: 'The codes by which `beforeSignUp` refuses (status 403), each with the fixed text that people read.'
  },
  beforeSignUpTimeout: {
    default: 5_000,
    check: is.integer(1, 60_000),
    expected: 'milliseconds from 1 to 60000',
    about: 'Milliseconds for which `beforeSignUp` is waited for; after that the sign-up is refused (`server_error`).'
  },
  accounts: {
    defaultText: 'the tables in `database`',
    check: (value) => is.object(value) && is.function((value as { transaction?: unknown }).transaction),
    expected: 'an AccountStore: an object with the method "transaction"',
    about: 'An account table of the application\'s own.'
  }
}

/** The policy that checked options stand for. */
export function policyOf (options: Resolved<LinkingOptions>): LinkingPolicy {
  return Object.freeze({
    use_email_as_identifier: options.use_email_as_identifier!,
    allow_email_account_merge: options.allow_email_account_merge!,
    verify_email: options.verify_email!,
    requireVerifiedEmail: options.requireVerifiedEmail!,
    allowSignup: options.allowSignup!,
    endSessionsOnMerge: options.endSessionsOnMerge!
  })
}
