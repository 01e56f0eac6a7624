import type { Agent } from 'node:http'
import { fastifyOauth2, type FastifyOAuth2Options, type OAuth2Namespace } from '@fastify/oauth2'
import type { FastifyInstance } from 'fastify'
import { endpointsOf } from '../../src/core/authority.ts'
import { fetchLimits } from '../../src/core/environment.ts'
import { isEntraError, refuse } from '../../src/core/errors.ts'
import { withCredentials } from '../../src/credentials/fall-over.ts'
import type { CredentialRing } from '../../src/credentials/ring.ts'
import type { ClientAuthentication } from '../../src/credentials/types.ts'
import { codeChallenge } from '../../src/provider/attempt.ts'
import { parametersOf, type SignInHints } from '../../src/provider/authorization-request.ts'
import { agentFor, withinLimits } from '../../src/provider/bounded-request.ts'
import type { ProviderConfig } from '../../src/provider/config.ts'
import { createPause } from '../../src/provider/pause.ts'
import { scopesOfOneApi } from '../../src/provider/scopes.ts'
import { readRefreshResponse, readTokenResponse, tokenRequestRefusal } from '../../src/provider/token-response.ts'
import type { Attempt, RefreshedTokens, TokenSet } from '../../src/provider/types.ts'
import { openCredentials } from './credentials.ts'

type TokenRequest = (parameters: Record<string, string>, options: { agent: Agent }) => Promise<{ token: unknown }>

// The types of the package leave the client out that it decorates.
type Namespace = OAuth2Namespace & {
  oauth2: {
    authorizeURL: (parameters: Record<string, string>) => string
    getToken: TokenRequest
    createToken: (token: { refresh_token: string }) => { refresh: TokenRequest }
  }
}

/** The OAuth 2.0 client: the two requests of the code flow. */
export interface OAuthClient {
  /** Where the browser is sent (OpenID Connect Core section 3.1.2.1). Hints come first, so that they override nothing. */
  authorizationUrl: (attempt: Attempt, hints: SignInHints, scopes?: readonly string[]) => string
  /**
   * Redeems a code, once; with another credential where Microsoft refused the first one before it looked at the code.
   *
   * @param scopes - Those that it was asked for with. Default, here as above: those of the options.
   * @throws provider_error, provider_unavailable, provider_timeout, invalid_state …
   */
  redeem: (code: string, attempt: Attempt, scopes?: readonly string[]) => Promise<TokenSet>
  /**
   * Asks for a new access token.
   *
   * @param scopes - What the access token is for; all of one API.
   * @throws invalid_state where Microsoft does not take the refresh token any more; interaction_required, access_denied
   * (consent is missing), provider_error, provider_unavailable, provider_timeout.
   */
  refresh: (refreshToken: string, scopes: readonly string[]) => Promise<RefreshedTokens>
}

/**
 * The client on @fastify/oauth2. It is registered in a scope of its own, so
 * that it decorates nothing of the application, and its state cookies and
 * callback helper are not used: they know one attempt per browser, and can be replayed.
 *
 * @param ring - The credentials. Default: those of the configuration, with nobody who keeps an eye on them.
 */
export async function createOAuthClient (
  app: FastifyInstance, config: ProviderConfig, ring: CredentialRing = openCredentials(app, config)
): Promise<OAuthClient> {
  const limits = config.environment.limits ?? fetchLimits
  let oauth2: Namespace['oauth2'] | null = null
  await app.register(async (scope) => {
    await scope.register(fastifyOauth2, {
      name: 'entraOAuth2',
      scope: [...config.scopes],
      callbackUri: config.redirectUri,
      credentials: credentials(config),
      ...closedHelpers
    })
    oauth2 = (scope as unknown as { entraOAuth2: Namespace }).entraOAuth2.oauth2
  })
  const client = oauth2!
  const pause = createPause(config.environment)
  const agent = agentFor(config.authority.base, config.environment.agent)
  return {
    authorizationUrl: (attempt, hints, scopes = config.scopes) => client.authorizeURL({
      ...parametersOf(hints),
      redirect_uri: config.redirectUri,
      scope: scopes.join(' '),
      response_mode: config.responseMode,
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: codeChallenge(attempt.verifier),
      code_challenge_method: 'S256'
    }),
    redeem: async (code, attempt, scopes = config.scopes) => {
      const scope = scopesOfOneApi(scopes)?.join(' ')
      const parameters = { code, redirect_uri: config.redirectUri, code_verifier: attempt.verifier, ...(scope !== undefined && { scope }) }
      return readTokenResponse(await ask((authentication, options) => client.getToken({ ...parameters, ...authentication }, options)))
    },
    refresh: async (refreshToken, scopes) => {
      const parameters = { scope: scopes.join(' ') }
      const grant = client.createToken({ refresh_token: refreshToken })
      return readRefreshResponse(await ask((authentication, options) => grant.refresh({ ...parameters, ...authentication }, options)))
    }
  }

  /** Sends a token request, unless Microsoft has asked to be left alone. */
  async function ask (send: (authentication: ClientAuthentication, options: { agent: Agent }) => Promise<{ token: unknown }>): Promise<unknown> {
    pause.check()
    try {
      return await withCredentials(ring, async (authentication) =>
        await answerOf(withinLimits(agent, limits, async (watched) => await send(authentication, { agent: watched }))))
    } catch (refusal) {
      pause.note(refusal)
      throw refusal
    }
  }
}

/** What was answered. @throws what its failure means. */
async function answerOf (answer: Promise<{ token: unknown }>): Promise<unknown> {
  try {
    return (await answer).token
  } catch (failure) {
    throw isEntraError(failure) ? failure : tokenRequestRefusal(failure)
  }
}

/**
 * The package's own start and callback helpers are never right here: they fail
 * closed. It looks at how many parameters a function has; with two, a throw ends the process.
 */
export const closedHelpers = {
  generateStateFunction: async (): Promise<string> => { throw refuse('server_error', 'oauth2_helper_used') },
  checkStateFunction: (): boolean => false
}

function credentials (config: ProviderConfig): FastifyOAuth2Options['credentials'] & { auth: { authorizePath: string } } {
  const endpoints = endpointsOf(config.authority, config.tenant)
  return {
    // The package always sends a secret. Here it sends the id once more, under the same name; what authenticates comes
    // with each request, since it may be another credential, or a fresh assertion.
    client: { id: config.clientId, secret: config.clientId, secretParamName: 'client_id' },
    auth: {
      tokenHost: new URL(endpoints.token).origin,
      tokenPath: new URL(endpoints.token).pathname,
      authorizePath: new URL(endpoints.authorize).pathname
    },
    // In header mode a failed request carries base64 of id and secret into whatever logs it.
    options: { authorizationMethod: 'body' },
    // A redirect is an error: the code and the secret go to the configured host alone (RFC 9700 section 4.12).
    http: { redirects: 0, redirect303: true }
  }
}
