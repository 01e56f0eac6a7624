import { is, type OptionRules } from '../core/options.ts'

/** Options of the codes plugin. */
export interface CodesOptions {
  /** Path of the route, and of the page, that takes a one-time code. */
  codePath?: string | undefined
  /** A page of the application's own in place of ours: a path of this site, or a URL of a front end that `allowedOrigins` names. */
  codePageUrl?: string | undefined
  /** How many codes may be mailed in an hour for the people of one tenant that the options do not name. */
  codesPerTenant?: number | undefined
}

/** The rules behind {@link CodesOptions}. */
export const codesOptionRules: OptionRules<CodesOptions> = {
  codePath: {
    defaultText: '`/code` below `prefix`',
    check: (value) => is.path(value) && !(value as string).endsWith('/'),
    expected: 'a plain path such as "/auth/code"',
    about: 'Path of the page and route that take a one-time code; `/resend` and `/cancel` lie below it.'
  },
  codePageUrl: {
    defaultText: 'the page at `codePath`',
    check: (value) => typeof value === 'string' && (/^\/(?!\/)/.test(value) || is.url(value)),
    expected: 'a path of this site such as "/app/code", or a URL of a front end that option "allowedOrigins" names',
    remedy: 'The code is taken from pages of these alone, so a page elsewhere could not send it.',
    about: 'Page of the application\'s own on which the code is entered, a path or a URL of one of `allowedOrigins`; after a refusal it is opened with `?error=CODE`.'
  },
  codesPerTenant: {
    default: 100,
    check: is.integer(1, 1_000),
    expected: 'a number of mails from 1 to 1000',
    remedy: 'Tenants that are named by "tenant" or listed in "allowedTenants" are not counted.',
    about: 'How many codes may be mailed in an hour for the people of one tenant together. Tenants that `tenant` names or `allowedTenants` lists, and personal accounts, are not counted.'
  }
}
