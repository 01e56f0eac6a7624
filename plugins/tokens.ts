import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import { ConfigurationError } from '../src/core/errors.ts'
import { readOptions } from '../src/core/options.ts'
import { createSeal } from '../src/core/seal.ts'
import { scopesOf, scopesOfOneApi } from '../src/provider/scopes.ts'
import { createTokenStore } from '../src/store/tokens.ts'
import { checkTokensOptions, type TokensOptions, tokensOptionRules } from '../src/tokens/options.ts'
import { createTokenKeeper, type TokenKeeper } from '../src/tokens/token-keeper.ts'
import { decorateRequestsLazily } from './decorators.ts'
import { refuseOtherMethods, registerOwnRoutes } from './own-routes.ts'
import { tokensAreOff } from './provider/microsoft.ts'
import { photoSchema } from './schemas/microsoft.ts'
import { type SignIn, signInOf } from './sign-in.ts'
import { confirmAccount } from './tokens/confirm-account.ts'
import { createAccess } from './tokens/access.ts'
import { showPhoto } from './tokens/photo-route.ts'
import { createPhotos } from './tokens/photos.ts'
import { createRequestMicrosoft } from './tokens/request-microsoft.ts'
import type { RequestMicrosoft } from './tokens/types.ts'

export type { Photo } from '../src/graph/photo.ts'
export { type InteractionRequired, isInteractionRequired } from '../src/tokens/interaction-required.ts'
export type { TokensOptions } from '../src/tokens/options.ts'
export { startConsent } from './tokens/start-consent.ts'
export type { AccessTokenOptions, RequestMicrosoft } from './tokens/types.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Microsoft's tokens and the photo of whoever is signed in. */
    readonly microsoft: RequestMicrosoft
  }
}

/** Keeps Microsoft's tokens for the application, and gives fresh ones to whoever is signed in. */
const tokens: FastifyPluginAsync<TokensOptions> = async (app, given) => {
  const options = readOptions<TokensOptions>('fastify-entra/tokens', tokensOptionRules, given)
  const signIn = signInOf(app)
  checkTokensOptions(options, signIn.scopesAtHand)
  const microsoft = options.keepTokens! ? await keepTokens(app, signIn, options) : tokensOff
  decorateRequestsLazily(app, options.requestMicrosoftDecorator!, 'requestMicrosoftDecorator', microsoft)
}

/** Puts all parts in place; gives what makes `request.microsoft`. */
async function keepTokens (app: FastifyInstance, signIn: SignIn, options: TokensOptions): Promise<(request: FastifyRequest) => RequestMicrosoft> {
  const { config } = signIn
  const keeper = createTokenKeeper({
    store: createTokenStore(signIn.database),
    seal: createSeal(signIn.keys('tokens')),
    environment: config.environment,
    refresh: async (refreshToken, scopes) => {
      // Sign-ins are switched off, and what is kept already is all there is.
      if (signIn.client === null) throw new ConfigurationError('fastify-entra/tokens: option "enabled" is false, so no token can be refreshed.')
      return await signIn.client.refresh(refreshToken, scopes)
    }
  })
  const access = createAccess(signIn, keeper)
  const photos = createPhotos(access, signIn.microsoft.graph, config.environment)
  takePart(signIn, keeper, photos.forget)
  Object.assign(signIn.microsoft, { accessToken: access.ofIdentity, forgetTokens: access.forget })
  const requestMicrosoft = createRequestMicrosoft(access, photos)
  await registerPhoto(app, signIn, options, requestMicrosoft)
  return requestMicrosoft
}

/** What the other plugins need of this one. */
function takePart (signIn: SignIn, keeper: TokenKeeper, forgetPhoto: (identity: { tid: string, oid: string }) => void): void {
  signIn.wantsRefreshTokens = true
  signIn.keepTokens = async ({ user, identity }, { authorization: { attempt, tokens }, token }, verifiedAt) => {
    const asked = scopesOf(signIn, attempt)
    const takeBack = await keeper.keep(identity, user.id, {
      tokens,
      asked: scopesOfOneApi(asked) ?? asked,
      loginHint: token!.session.loginHint,
      obtainedAt: verifiedAt
    })
    // After the row is there, as with sessions: whoever unlinks or disables from now on finds it.
    if (signIn.isActive !== null && !await signIn.isActive({ id: user.id, identity })) await keeper.forgetOf(user.id, identity)
    return takeBack
  }
  signIn.endGrants = async (userId, identity) => {
    await keeper.forgetOf(userId, identity)
    if (identity !== undefined) forgetPhoto(identity)
  }
  signIn.grantsOf = keeper.listOf
  // Where sign-ins are switched off, nothing is asked, and sessions live on.
  if (signIn.client !== null) signIn.confirmAccount = confirmAccount(signIn, keeper)
}

async function registerPhoto (
  app: FastifyInstance, signIn: SignIn, options: TokensOptions, requestMicrosoft: (request: FastifyRequest) => RequestMicrosoft
): Promise<void> {
  if (!options.photo!) return
  if (signIn.requireUser === null) {
    throw new ConfigurationError('fastify-entra/tokens: option "photo" is on, and no session says who is signed in. Register the session plugin before this one.')
  }
  const path = options.photoPath ?? `${signIn.prefix}/microsoft/photo`
  signIn.reservedPaths.push(path)
  await registerOwnRoutes(app, (scope) => {
    scope.get(path, { exposeHeadRoute: false, schema: photoSchema() }, showPhoto(requestMicrosoft))
    refuseOtherMethods(scope, path)
  })
}

/** Whoever uses it without the option is told so, and nobody waits for a token. */
const off: RequestMicrosoft = Object.freeze({
  accessToken: async () => { throw tokensAreOff() },
  photo: async () => { throw tokensAreOff() }
})

function tokensOff (): RequestMicrosoft {
  return off
}

const plugin: FastifyPluginAsync<TokensOptions> = fp(tokens, {
  name: 'fastify-entra/tokens',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider', 'fastify-entra/verification', 'fastify-entra/linking']
})
export default plugin
