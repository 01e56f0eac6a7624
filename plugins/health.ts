import fp from 'fastify-plugin'
import type { FastifyPluginAsync } from 'fastify'
import { readOptions } from '../src/core/options.ts'
import { createHealthCheck } from '../src/health/check.ts'
import { type HealthOptions, healthOptionRules } from '../src/health/options.ts'
import { showHealth } from './health/show-health.ts'
import { refuseOtherMethods, registerOwnRoutes } from './own-routes.ts'
import { healthSchema } from './schemas/health.ts'
import { signInOf } from './sign-in.ts'

export type { HealthOptions } from '../src/health/options.ts'
export type { CredentialsHealth, Health, HealthStatus, HealthSummary, KeysHealth, PartState, StoreHealth } from '../src/health/types.ts'

/** A health check: whether the stores answer, and how keys and credentials do. */
const health: FastifyPluginAsync<HealthOptions> = async (app, given) => {
  const options = readOptions<HealthOptions>('fastify-entra/health', healthOptionRules, given)
  const signIn = signInOf(app)
  const { config, database, redis, microsoft, enabled, prefix } = signIn
  const path = options.healthPath ?? `${prefix}/health`
  const check = createHealthCheck({
    signIns: enabled ? 'on' : 'off',
    simulated: config.simulated,
    askDatabase: async () => await database.run(async (db) => await db.selectFrom('users').select('id').limit(1).execute()),
    askRedis: redis === null ? null : async () => await redis.send('PING'),
    keys: () => signIn.signingKeys?.() ?? null,
    credentials: microsoft.credentials
  }, config.environment)

  signIn.reservedPaths.push(path)
  await registerOwnRoutes(app, (scope) => {
    // It is asked every few seconds: a line for each of them would be most of the log.
    scope.get(path, { exposeHeadRoute: false, logLevel: 'warn', schema: healthSchema() }, showHealth(check, options.healthToken ?? null))
    refuseOtherMethods(scope, path)
  })
}

const plugin: FastifyPluginAsync<HealthOptions> = fp(health, {
  name: 'fastify-entra/health',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider']
})
export default plugin
