import type { FastifyRequest } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import { apiOf, apiScopes, requireAllowed } from '../../src/core/scopes.ts'
import { readIdentity } from '../../src/linking/account-input.ts'
import type { SessionUser } from '../../src/session/types.ts'
import { interactionRequired } from '../../src/tokens/interaction-required.ts'
import type { InteractionNeeded } from '../../src/tokens/outcome.ts'
import type { AccessTokenRequest, TokenKeeper } from '../../src/tokens/token-keeper.ts'
import { isPage, returnTargetOf } from '../page-request.ts'
import type { Microsoft } from '../provider/microsoft.ts'
import type { SignIn } from '../sign-in.ts'
import type { AccessTokenOptions } from './types.ts'

/** Who may have which token. */
export interface Access {
  /** The user whose session a request has. Throws unauthenticated. */
  readonly userOf: (request: FastifyRequest) => SessionUser
  readonly ofRequest: (request: FastifyRequest, scopes: readonly string[], options: AccessTokenOptions) => Promise<string>
  readonly ofIdentity: Microsoft['accessToken']
  readonly forget: Microsoft['forgetTokens']
}

/** Makes an {@link Access}. */
export function createAccess (signIn: SignIn, keeper: TokenKeeper): Access {
  return {
    userOf,

    ofRequest: async (request, scopes, { returnTo, forceRefresh = false }) => {
      const { id: userId, identity } = userOf(request)
      // Also where no visit is needed: a wrong target is a mistake of whoever wrote it, and is seen at once.
      const target = returnTo === undefined ? pageOf(request) : signIn.checkReturnTarget(returnTo)
      return await give({ owner: identity, userId, scopes, forceRefresh }, target)
    },

    ofIdentity: async (given, scopes, { forceRefresh = false } = {}) => {
      const owner = readIdentity(Object(given))
      // A session of a tenant that is no longer allowed ends; without one, nobody else would look.
      if (!await signIn.mayStay!(owner)) throw refuse('tenant_not_allowed', 'tenant_left_out_meanwhile')
      return await give({ owner, scopes, forceRefresh }, null)
    },

    forget: async (identity) => await keeper.forget(readIdentity(Object(identity)))
  }

  /** Whose session it is, whoever an application has put on the request. */
  function userOf (request: FastifyRequest): SessionUser {
    const user = signIn.sessionUserOf?.(request) ?? null
    if (user === null) throw refuse('unauthenticated', 'no_session')
    return user
  }

  async function give (request: AccessTokenRequest, returnTo: string | null): Promise<string> {
    checkScopes(request.scopes, signIn.scopesAtHand)
    const outcome = await keeper.accessToken(request)
    if ('token' in outcome) return outcome.token
    throw interactionRequired(outcome.needed, request.scopes, urlFor(outcome, request.scopes, returnTo))
  }

  /** The start route, asking for what is missing. */
  function urlFor ({ prompt, loginHint }: InteractionNeeded, scopes: readonly string[], returnTo: string | null): string {
    return signIn.microsoft.authorizationUrl({
      provider_scopes: scopes,
      ...(returnTo !== null && { return_to: returnTo }),
      ...(prompt !== undefined && { prompt }),
      // What is too long for the start route is left out: Microsoft asks who it is.
      ...(loginHint !== null && loginHint.length <= 256 && { login_hint: loginHint })
    })
  }
}

/** A page can be come back to; what a script has asked for cannot. */
function pageOf (request: FastifyRequest): string | null {
  return isPage(request) ? returnTargetOf(request) : null
}

/** @throws invalid_request where there are none, one is not allowed, or they are of several APIs: an access token is for one. */
function checkScopes (scopes: readonly string[], allowed: readonly string[]): void {
  if (!Array.isArray(scopes) || scopes.length === 0) throw refuse('invalid_request', 'scopes_missing')
  requireAllowed(scopes, allowed)
  if (new Set(apiScopes(scopes).map(apiOf)).size > 1) throw refuse('invalid_request', 'scopes_of_several_apis')
}
