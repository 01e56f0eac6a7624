import { is, type OptionRules } from '../core/options.ts'

/** Options of the identities plugin. */
export interface IdentitiesOptions {
  /** Path of the route that starts linking by hand, POST only. */
  linkPath?: string | undefined
  /** Path of the route that takes an identity from its user, POST only. */
  unlinkPath?: string | undefined
  /** Path of the list of one's own identities. */
  identitiesPath?: string | undefined
}

/** The rules behind {@link IdentitiesOptions}. */
export const identitiesOptionRules: OptionRules<IdentitiesOptions> = {
  linkPath: {
    defaultText: '`/microsoft/link` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/microsoft/link"',
    about: 'Path of the route by which a signed-in person starts to link one more identity, POST only.'
  },
  unlinkPath: {
    defaultText: '`/microsoft/unlink` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/microsoft/unlink"',
    about: 'Path of the route by which a person gives one of the identities up, POST only.'
  },
  identitiesPath: {
    defaultText: '`/identities` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/identities"',
    about: 'Path of the list of one\'s own identities, as JSON.'
  }
}
