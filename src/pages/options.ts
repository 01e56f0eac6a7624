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
    defaultText: '`/sign-in` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/sign-in"',
    about: 'Path of the sign-in page.'
  },
  accountPath: {
    defaultText: '`/account` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/account"',
    about: 'Path of the account page: where a sign-in ends that named no target.'
  },
  errorPath: {
    defaultText: '`/error` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/error"',
    about: 'Path of the error page.'
  }
}
