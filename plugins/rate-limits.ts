import type { FastifyInstance, FastifyPluginCallback, FastifyRequest } from 'fastify'
import type { Environment } from '../src/core/environment.ts'
import { ConfigurationError, refuse } from '../src/core/errors.ts'
import { isProduction } from '../src/core/production.ts'
import type { RateLimits } from '../src/provider/options.ts'
import { type CountUp, createRedisCounter } from '../src/store/redis-counter.ts'
import type { Redis } from '../src/store/redis.ts'
import { clientOf } from './rate-limits/client-address.ts'
import { createLocalCounter } from './rate-limits/local-counter.ts'

/**
 * What a scope of ours does. `sign-in`: its routes start and finish sign-ins,
 * each request counts. `change`: its routes take codes and change accounts and
 * sessions, and what only reads does not count.
 */
export type RouteKind = 'sign-in' | 'change'

/** Limits the routes that a scope is about to get. */
export type LimitRoutes = (scope: FastifyInstance, kind: RouteKind) => Promise<void>

/** What is taken of the package. */
type RateLimitPackage = { readonly default: FastifyPluginCallback<Record<string, unknown>> }

/**
 * The rate limits that the options ask for. In production somebody has to
 * say that there shall be none: codes and sign-ins invite being tried often.
 */
export async function chooseRateLimits (
  app: FastifyInstance, option: boolean | RateLimits | undefined, redis: Redis | null, environment: Pick<Environment, 'now'>
): Promise<LimitRoutes | null> {
  const isUndecided = option === undefined && isProduction() && !app.hasDecorator('createRateLimit')
  if (isUndecided) app.log.warn('option "rateLimit" is not given, so anybody may try sign-ins and codes as often as they like: npm install @fastify/rate-limit and give rateLimit: true, or give false where something in front of this server limits requests')
  if (option === undefined || option === false) return null
  const countUp = redis === null ? createLocalCounter(environment) : createRedisCounter(redis)
  return await createRateLimits(option === true ? {} : option, countUp)
}

/**
 * Rate limits by @fastify/rate-limit, counted for each route and client. Registered in scopes of ours, so that neither the
 * application's routes nor an own registration of the package notice.
 *
 * Where Redis does not answer, nothing passes (`store_unavailable`): a limit
 * that an attacker could lift by loading the server would be none.
 *
 * @throws ConfigurationError where the package is missing.
 */
export async function createRateLimits (
  limits: RateLimits, countUp: CountUp, load: () => Promise<RateLimitPackage> = importPackage
): Promise<LimitRoutes> {
  const { default: fastifyRateLimit } = await loadPackage(load)
  const { signIn = 30, change = 10, timeWindow = 60_000 } = limits
  const store = storeOf(countUp)
  return async (scope, kind) => {
    await scope.register(fastifyRateLimit, {
      max: kind === 'sign-in' ? signIn : change,
      timeWindow,
      store,
      keyGenerator: ({ routeOptions, ip }: FastifyRequest) => `${routeOptions.url}:${clientOf(ip)}`,
      allowList: ({ method }: FastifyRequest) => kind === 'change' && (method === 'GET' || method === 'HEAD'),
      errorResponseBuilder: (_request: FastifyRequest, { ttl }: { ttl: number }) =>
        refuse('too_many_requests', { reason: 'rate_limit', retryAfter: Math.ceil(ttl / 1_000) }),
      // Retry-After is set as for every refusal of ours; how near somebody is to the limit is nobody's business.
      addHeaders: noHeaders,
      addHeadersOnExceeding: noHeaders
    })
  }
}

const noHeaders = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false, 'retry-after': false }

/** The package's way to be given a store; its own for Redis wants another client than the one that is there. */
function storeOf (countUp: CountUp): unknown {
  return class Store {
    incr (name: string, callback: (error: Error | null, result?: { current: number, ttl: number }) => void, window: number): void {
      countUp(name, window).then(({ count, left }) => callback(null, { current: count, ttl: left }), callback)
    }

    /** Asked for where a hook of the application's configures routes on its own. */
    child (): this {
      return this
    }
  }
}

async function loadPackage (load: () => Promise<RateLimitPackage>): Promise<RateLimitPackage> {
  try {
    return await load()
  } catch (error) {
    throw new ConfigurationError(`fastify-entra: option "rateLimit" needs the package "@fastify/rate-limit", which cannot be loaded (${String((error as { code?: unknown }).code)}). Install it: npm install @fastify/rate-limit`)
  }
}

/** Loaded only where the option is given: the package is an optional peer. */
async function importPackage (): Promise<RateLimitPackage> {
  return await import('@fastify/rate-limit') as unknown as RateLimitPackage
}
