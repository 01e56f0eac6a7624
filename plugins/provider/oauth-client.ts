import { fastifyOauth2, type OAuth2Namespace } from '@fastify/oauth2'
import type { FastifyInstance } from 'fastify'
import { type Endpoints, endpointsOf } from '../../src/core/authority.ts'
import { refuse } from '../../src/core/errors.ts'
import { codeChallenge } from '../../src/provider/attempt.ts'
import type { SignInHints } from '../../src/provider/authorization-request.ts'
import type { ProviderConfig } from '../../src/provider/config.ts'
import { readTokenResponse, tokenRequestRefusal } from '../../src/provider/token-response.ts'
import type { Attempt, TokenSet } from '../../src/provider/types.ts'

/** How long Microsoft may take, in milliseconds. */
const timeout = 10_000
/** The longest answer that is read, in bytes. */
const maxBytes = 1_048_576

// The types of the package leave the client out that it decorates.
type Namespace = OAuth2Namespace & {
  oauth2: {
    authorizeURL: (parameters: Record<string, string>) => string
    getToken: (parameters: Record<string, string>) => Promise<{ token: unknown }>
  }
}

/** The OAuth 2.0 client: the two requests of the code flow. */
export interface OAuthClient {
  /** Where the browser is sent (OpenID Connect Core section 3.1.2.1). Hints come first, so that they override nothing. */
  authorizationUrl: (attempt: Attempt, hints: SignInHints) => string
  /**
   * Redeems a code, once.
   *
   * @throws provider_error, provider_unavailable, provider_timeout, invalid_state …
   */
  redeem: (code: string, attempt: Attempt) => Promise<TokenSet>
}

/**
 * The client on @fastify/oauth2. It is registered in a scope of its own, so
 * that it decorates nothing of the application, and its state cookies and
 * callback helper are not used: they know one attempt per browser, and can be replayed.
 */
export async function createOAuthClient (app: FastifyInstance, config: ProviderConfig): Promise<OAuthClient> {
  let oauth2: Namespace['oauth2'] | null = null
  await app.register(async (scope) => {
    await scope.register(fastifyOauth2, {
      name: 'entraOAuth2',
      scope: [...config.scopes],
      callbackUri: config.redirectUri,
      credentials: credentials(config),
      // The package's own callback helper is never right here: it fails closed.
      generateStateFunction: refuseHelper,
      checkStateFunction: () => false
    })
    oauth2 = (scope as unknown as { entraOAuth2: Namespace }).entraOAuth2.oauth2
  })
  const client = oauth2!
  return {
    authorizationUrl: (attempt, hints) => client.authorizeURL({
      ...hints,
      redirect_uri: config.redirectUri,
      scope: config.scopes.join(' '),
      response_mode: 'query',
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: codeChallenge(attempt.verifier),
      code_challenge_method: 'S256'
    }),
    redeem: async (code, attempt) => {
      const parameters = { code, redirect_uri: config.redirectUri, code_verifier: attempt.verifier }
      return readTokenResponse(await answerInTime(client.getToken(parameters)))
    }
  }
}

async function refuseHelper (): Promise<string> {
  throw refuse('server_error', 'oauth2_helper_used')
}

function credentials (config: ProviderConfig): { client: { id: string, secret: string }, auth: Record<'tokenHost' | 'tokenPath' | 'authorizePath', string>, options: { authorizationMethod: 'body' }, http: object } {
  const endpoints: Endpoints = endpointsOf(config.authority, config.tenant)
  return {
    client: { id: config.clientId, secret: config.clientSecret },
    auth: {
      tokenHost: new URL(endpoints.token).origin,
      tokenPath: new URL(endpoints.token).pathname,
      authorizePath: new URL(endpoints.authorize).pathname
    },
    // In header mode a failed request carries base64 of id and secret into whatever logs it.
    options: { authorizationMethod: 'body' },
    // A redirect is an error: the code and the secret go to the configured host alone (RFC 9700 section 4.12).
    http: { timeout, maxBytes, redirects: 0, redirect303: true, agent: config.environment.agent }
  }
}

/** The client's own limit holds for headers and body one after the other; this one for both together. */
async function answerInTime (answer: Promise<{ token: unknown }>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(refuse('provider_timeout', 'token_timeout')), timeout)
  })
  const token = answer.then((given) => given.token, (failure: unknown) => { throw tokenRequestRefusal(failure) })
  try {
    return await Promise.race([token, late])
  } finally {
    clearTimeout(timer)
  }
}
