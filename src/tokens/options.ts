import { ConfigurationError } from '../core/errors.ts'
import { is, type OptionRules, type Resolved } from '../core/options.ts'
import { normalScope } from '../core/scopes.ts'

/** Options of the tokens plugin. */
export interface TokensOptions {
  /** Whether Microsoft's tokens are kept, sealed, for `request.microsoft.accessToken`. */
  keepTokens?: boolean | undefined
  /** Whether the route is there that shows the photo of whoever is signed in. */
  photo?: boolean | undefined
  /** Path of that route, GET only. */
  photoPath?: string | undefined
  /** Request decorator that gives tokens and the photo. */
  requestMicrosoftDecorator?: string | undefined
}

/** The rules behind {@link TokensOptions}. */
export const tokensOptionRules: OptionRules<TokensOptions> = {
  keepTokens: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: 'Keeps Microsoft\'s tokens in the database, sealed with `secrets`, for `request.microsoft.accessToken`. `offline_access` is asked for by itself.'
  },
  photo: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: 'Adds the route that shows the photo of whoever is signed in. Needs `keepTokens`, the session plugin, and `User.Read` in `scopes` or `allowedScopes`.'
  },
  photoPath: {
    defaultText: '`/microsoft/photo` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/microsoft/photo"',
    about: 'Path of that route, GET only.'
  },
  requestMicrosoftDecorator: {
    default: 'microsoft',
    check: is.identifier,
    expected: 'a name such as "microsoft"',
    about: 'Name under which a request gives tokens and the photo: `request.microsoft`.'
  }
}

/** The scope that Microsoft Graph wants for the person's own photo. */
export const photoScope = 'User.Read'

/**
 * Checks the options against each other and against the scopes at hand.
 *
 * @throws ConfigurationError
 */
export function checkTokensOptions ({ keepTokens, photo, photoPath }: Resolved<TokensOptions>, scopes: readonly string[]): void {
  if (photoPath !== undefined && !photo!) throw wrong('option "photoPath" was given without "photo". Give "photo": true as well, or leave it out.')
  if (!photo!) return
  if (!keepTokens!) throw wrong('option "photo" is on, and "keepTokens" is off, so that there is no token to ask Microsoft with. Turn both on, or none.')
  if (!scopes.some((scope) => normalScope(scope) === normalScope(photoScope))) {
    throw wrong(`option "photo" needs the scope "${photoScope}", which is neither in "scopes" nor in "allowedScopes". Add it to one of them.`)
  }
}

function wrong (message: string): Error {
  return new ConfigurationError(`fastify-entra/tokens: ${message}`)
}
