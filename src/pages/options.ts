import { is, type OptionRules } from '../core/options.ts'

/** Options of the pages plugin. */
export interface PagesOptions {
  /** Path of the sign-in page. */
  signInPath?: string | undefined
  /** Path of the account page: where a sign-in ends that named no target. */
  accountPath?: string | undefined
  /** Path of the error page. */
  errorPath?: string | undefined
}

/** The rules behind {@link PagesOptions}. */
export const pagesOptionRules: OptionRules<PagesOptions> = {
  signInPath: {
    default: '/auth/sign-in',
    check: is.path,
    expected: 'a plain path such as "/auth/sign-in"',
    about: 'Path of the sign-in page.'
  },
  accountPath: {
    default: '/auth/account',
    check: is.path,
    expected: 'a plain path such as "/auth/account"',
    about: 'Path of the account page: where a sign-in ends that named no target.'
  },
  errorPath: {
    default: '/auth/error',
    check: is.path,
    expected: 'a plain path such as "/auth/error"',
    about: 'Path of the error page.'
  }
}
