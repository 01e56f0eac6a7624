import type { FastifyInstance } from 'fastify'
import { isSimulatedAuthority } from '../src/core/authority.ts'
import { randomToken } from '../src/core/environment.ts'
import { ConfigurationError, isEntraError } from '../src/core/errors.ts'
import type { ProviderConfig } from '../src/provider/config.ts'
import { evictionPolicyOf, openRedis, type Redis } from '../src/store/redis.ts'
import { createRedisSessionStore, tryOut } from '../src/store/redis-sessions.ts'

/**
 * Opens the application's Redis: tried out at boot, closed with the
 * application, and one log line for each outage.
 *
 * @throws ConfigurationError where it cannot be reached or used.
 */
export async function openSharedRedis (
  app: FastifyInstance, url: string, prefix: string = 'fastify-entra:', { authority, environment }: Pick<ProviderConfig, 'authority' | 'environment'>
): Promise<Redis> {
  const redis = await openRedis({
    url,
    // Whoever signed in at a simulator is nobody to a server with a real authority, even with the same secrets.
    prefix: isSimulatedAuthority(authority.base) ? `${prefix}simulated:` : prefix,
    onLost: (word) => app.log.error({ reason: word }, 'the connection to Redis is lost: nobody is signed in until it is back'),
    onBack: () => app.log.info('the connection to Redis is back')
  })
  app.addHook('onClose', async () => redis.close())
  try {
    await tryOut(createRedisSessionStore(redis, 10_000), randomToken(environment))
  } catch (error) {
    redis.close()
    throw unfit(error)
  }
  await warnOfEviction(app, redis)
  return redis
}

function unfit (error: unknown): unknown {
  if (!isEntraError(error)) return error
  const { reason } = error.detail
  const remedy = remedies[reason] ?? 'Give a server that takes writes.'
  return new ConfigurationError(`fastify-entra: option "redis": a session could not be written and read there (${reason}). ${remedy}`)
}

const remedies: Readonly<Record<string, string>> = {
  NOPERM: 'Give its user rights to keys that start with option "redisPrefix", and to the commands ping, eval, exists, type, time, del, pexpire, pttl, hset, hget, hmget, hexists, zadd, zrange, zrem, zremrangebyscore and, for rate limits, incr.',
  READONLY: 'It is a replica: give the address of the primary.',
  MOVED: 'It is a node of a Redis Cluster: give the address of a single server, or of a proxy in front of the cluster.',
  OOM: 'Its memory is full: give it more.'
}

/** A server that forgets what it has no room for signs people out, and loses sessions that are to be ended. */
async function warnOfEviction (app: FastifyInstance, redis: Redis): Promise<void> {
  const policy = await evictionPolicyOf(redis)
  if (policy !== null) app.log.warn(`Redis forgets sessions when its memory is full (maxmemory-policy ${policy}): people are signed out, and "sign out everywhere" misses what it has forgotten the list of. Set maxmemory-policy noeviction`)
}
