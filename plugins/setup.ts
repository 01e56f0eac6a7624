import fp from 'fastify-plugin'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { ConfigurationError, refuse, withStatus } from '../src/core/errors.ts'
import { isLoopbackHost } from '../src/core/loopback.ts'
import { readOptions } from '../src/core/options.ts'
import { isProduction } from '../src/core/production.ts'
import { checklist } from '../src/diagnosis/checklist.ts'
import { diagnose } from '../src/diagnosis/diagnose.ts'
import { type ManifestFacts, manifestPart, parseManifest } from '../src/diagnosis/manifest.ts'
import type { TokenFacts } from '../src/diagnosis/types.ts'
import { personalTenant } from '../src/core/personal-tenant.ts'
import { contentSecurityPolicy } from '../src/pages/layout.ts'
import { type Arrival, type Pasted, setupPage } from '../src/pages/setup.ts'
import { type SetupOptions, setupOptionRules } from '../src/pages/setup-options.ts'
import { explainToken } from './diagnosis/explain-token.ts'
import { gatherFacts } from './diagnosis/facts.ts'
import { yardstickOf } from './diagnosis/yardstick.ts'
import { intruderOf } from './local-only.ts'
import { acceptForms, fieldOf, requireOwnRequest } from './own-posts.ts'
import { refuseOtherMethods, registerOwnRoutes } from './own-routes.ts'
import { explainPastedSchema, setupPageSchema } from './schemas/setup.ts'
import { type LastArrival, watchSignIns } from './setup/watch-sign-ins.ts'
import { sendDocument } from './send-page.ts'
import { signInOf } from './sign-in.ts'

export type { SetupOptions } from '../src/pages/setup-options.ts'

/** A manifest with many permissions has some tens of kilobytes. */
const bodyLimit = 262_144

/**
 * The set-up assistant, for development only: what to register, whether it is, what arrived last time. It shows what
 * nobody else may see, so it starts only where `baseUrl` is this machine and NODE_ENV is not `production`, and answers
 * this machine only; no option lifts that.
 */
const setup: FastifyPluginAsync<SetupOptions> = async (app, given) => {
  const options = readOptions<SetupOptions>('fastify-entra/setup', setupOptionRules, given)
  const signIn = signInOf(app)
  const { config } = signIn
  refuseElsewhere(config.origin)
  const path = options.setupPath ?? `${signIn.prefix}/setup`
  let lastArrival: LastArrival | null = null
  let manifest: ManifestFacts | null = null

  signIn.reservedPaths.push(path)
  // When all plugins are there, whichever came first.
  app.addHook('onReady', async () => { lastArrival = watchSignIns(signIn) })
  app.addHook('onListen', async () => app.log.info(`the set-up assistant is at ${config.origin}${path}`))
  await registerOwnRoutes(app, async (scope) => {
    scope.addHook('onRequest', refuseIntruders)
    await acceptForms(scope)
    scope.get(path, { exposeHeadRoute: false, schema: setupPageSchema() }, async (request, reply) => await show(request, reply, null))
    scope.post(path, { bodyLimit, schema: explainPastedSchema() }, showPasted)
    refuseOtherMethods(scope, path, 'GET, POST')
  })

  async function showPasted (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    requireOwnRequest(request, () => false)
    const token = fieldOf(request, 'token')
    if (typeof token === 'string') {
      return await show(request, reply, { kind: 'token', explanation: await explainToken(token.trim(), { ...yardstickOf(signIn), nonce: null }) })
    }
    const pasted = parseManifest(String(fieldOf(request, 'manifest')))
    manifest = pasted ?? manifest
    return await show(request, reply, { kind: 'manifest', isOne: pasted !== null })
  }

  async function show (request: FastifyRequest, reply: FastifyReply, pasted: Pasted | null): Promise<FastifyReply> {
    const arrival = lastArrival!()
    const facts = await gatherFacts(app, { token: tokenFacts(arrival), manifest, requestHost: request.headers.host! })
    const findings = diagnose(facts)
    const { redirectUris, signInUrl } = signIn
    const logoutUrl = facts.application.frontChannelLogoutUrl
    return sendDocument(reply, setupPage({ simulated: config.simulated }, {
      path,
      redirectUris,
      logoutUrl,
      findings,
      checklist: checklist(facts, findings),
      manifest: JSON.stringify(manifestPart({ redirectUris, logoutUrl }), null, 2),
      signInUrl,
      arrival,
      pasted
    }), contentSecurityPolicy)
  }
}

/** @throws ConfigurationError */
function refuseElsewhere (origin: string): void {
  if (isProduction()) throw new ConfigurationError('fastify-entra/setup: NODE_ENV is "production", and there the set-up assistant never starts. Leave it out; fastify-entra doctor makes the same checks.')
  if (!isLoopbackHost(new URL(origin).hostname)) {
    throw new ConfigurationError(`fastify-entra/setup: option "baseUrl" is ${JSON.stringify(origin)}, and the set-up assistant runs on a developer's own machine only. Leave it out; fastify-entra doctor makes the same checks.`)
  }
}

/** Nobody but this machine is let in, as at the simulator. */
async function refuseIntruders (request: FastifyRequest): Promise<void> {
  const reason = intruderOf(request)
  if (reason !== null) throw withStatus(refuse('invalid_request', `setup_${reason}`), 403)
}

function tokenFacts (arrival: Arrival | null): TokenFacts | null {
  if (arrival === null || arrival.explanation.claims === null) return null
  const { token, claims } = arrival.explanation
  return { claims, isPersonal: claims.tid === personalTenant, refusal: token.outcome === 'refused' ? token : null }
}

const plugin: FastifyPluginAsync<SetupOptions> = fp(setup, {
  name: 'fastify-entra/setup',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider']
})
export default plugin
