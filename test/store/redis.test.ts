import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect as connectTo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createServer } from 'node:tls'
import t, { type Test } from 'tap'
import { evictionPolicyOf, openRedis, type Redis, type RedisPackage, type RedisSettings } from '../../src/store/redis.ts'
import { startRedis, until } from '../redis.ts'
import { needsRedis } from '../services.ts'
import { temporaryFolder } from './database.ts'

async function open (t: Pick<Test, 'teardown'>, url: string, settings: Partial<RedisSettings> = {}) {
  const told: string[] = []
  const redis = await openRedis({ url, prefix: 'test:', onLost: (word) => told.push(`lost: ${word}`), onBack: () => told.push('back'), ...settings })
  t.teardown(() => redis.close())
  return { redis, told }
}

const works = async (redis: Redis): Promise<boolean> => await redis.send('PING').then((answer) => answer === 'PONG', () => false)

t.test('a server that is not there is named at boot, and the password is not', async (t) => {
  await t.rejects(open(t, 'redis://app:hunter2@127.0.0.1:1/3'), {
    code: 'FST_ENTRA_CONFIGURATION',
    message: 'fastify-entra: option "redis": the server at redis://127.0.0.1:1/3 cannot be used (ECONNREFUSED). Start it, or give another address.'
  })
})

t.test('a package that is missing is named with the command that installs it', async (t) => {
  const load = async (): Promise<never> => { throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }) }
  await t.rejects(open(t, 'redis://127.0.0.1:1', { load }), { code: 'FST_ENTRA_CONFIGURATION', message: /"redis" .*\(ERR_MODULE_NOT_FOUND\).*npm install redis$/ })
})

t.test('user and password are asked for by the server', needsRedis(), async (t) => {
  const { url, port, command } = await startRedis(t)
  await command('CONFIG', 'SET', 'requirepass', 'hunter2')
  await t.rejects(open(t, `redis://:wrong@127.0.0.1:${port}`), { message: /\(WRONGPASS\)\. .*user or password are wrong\.$/ })
  t.equal(await works((await open(t, `redis://:hunter2@127.0.0.1:${port}`)).redis), true)
  await t.rejects(open(t, url), { code: 'FST_ENTRA_CONFIGURATION', message: /\(NOAUTH\)\. .*asks for a password/ })
})

t.test('databases of a server are apart', needsRedis(), async (t) => {
  const { url } = await startRedis(t)
  const { redis } = await open(t, `${url}/3`)
  await redis.send('SET', 'x', '1')
  t.equal(await (await open(t, url)).redis.send('GET', 'x'), null)
  t.equal(await (await open(t, `${url}/3`)).redis.send('GET', 'x'), '1')
  await t.rejects(open(t, `${url}/99`), { message: /\(ERR\)/ })
})

t.test('a lost connection is told once, refuses at once and comes back by itself (S18)', needsRedis(), async (t) => {
  const { url, cut, mend, stop, start } = await startRedis(t)
  const { redis, told } = await open(t, url)
  for (const [breakDown, repair] of [[cut, mend], [stop, start]] as const) {
    told.length = 0
    await breakDown()
    const answers = await Promise.allSettled(Array.from({ length: 20 }, async () => await redis.send('PING')))
    for (const answer of answers) t.match(answer, { status: 'rejected', reason: { code: 'store_unavailable', statusCode: 503 } })
    await t.rejects(redis.send('PING'), { code: 'store_unavailable', detail: { reason: 'redis_offline' } })
    t.equal(told.length, 1)
    t.match(told, [/^lost: (?:redis_connection|ECONNRESET|EPIPE)$/])
    await repair()
    await until(async () => await works(redis))
    t.equal(told.length, 2)
    t.equal(told[1], 'back')
  }
})

t.test('a server that takes commands and answers none is given up, and taken up again', needsRedis(), async (t) => {
  const { url, freeze, thaw } = await startRedis(t)
  // Patient enough for a busy machine, while the server does answer.
  const { redis, told } = await open(t, url, { patience: 3_000 })
  freeze()
  const answers = await Promise.allSettled([redis.send('PING'), redis.send('PING')])
  t.match(answers, [{ reason: { detail: { reason: 'REDIS_TIMEOUT' } } }, { reason: { code: 'store_unavailable' } }])
  await t.rejects(redis.send('PING'), { code: 'store_unavailable', detail: { reason: 'redis_offline' } }, 'nobody waits any more')
  await t.rejects(open(t, `${url}/1`, { patience: 200 }), { code: 'FST_ENTRA_CONFIGURATION', message: /REDIS_TIMEOUT/ }, 'nor at boot')
  thaw()
  await until(async () => await works(redis))
  t.same(told, ['lost: REDIS_TIMEOUT', 'back'])
})

t.test('a server that refuses keeps its connection', needsRedis(), async (t) => {
  const { url, command } = await startRedis(t)
  const { redis, told } = await open(t, url)
  await command('CONFIG', 'SET', 'maxmemory', '1')
  await t.rejects(redis.send('SET', 'x', '1'), { code: 'store_unavailable', detail: { reason: 'OOM' } })
  await command('CONFIG', 'SET', 'maxmemory', '0')
  t.equal(await redis.send('SET', 'x', '1'), 'OK')
  await t.rejects(redis.send('HGET', 'x', 'y'), { code: 'store_unavailable', detail: { reason: 'WRONGTYPE' } })
  await t.rejects(redis.send('NO-SUCH-COMMAND', 'secret'), { message: /^(?!.*secret)/, detail: { reason: 'ERR' } })
  t.same(told, [])
})

t.test('a server that became a replica is left for another one at the same address', needsRedis(), async (t) => {
  const { url, command } = await startRedis(t)
  const { redis, told } = await open(t, url)
  await command('REPLICAOF', '127.0.0.1', '1')
  await t.rejects(redis.send('SET', 'x', '1'), { code: 'store_unavailable', detail: { reason: 'READONLY' } })
  t.same(told, ['lost: READONLY'])
  await command('REPLICAOF', 'NO', 'ONE')
  await until(async () => await redis.send('SET', 'x', '1').then(() => true, () => false))
})

t.test('after closing nothing is sent, and nothing is tried', needsRedis(), async (t) => {
  const { url, command } = await startRedis(t)
  const { redis } = await open(t, url)
  redis.close()
  redis.close()
  await t.rejects(redis.send('PING'), { code: 'store_unavailable', detail: { reason: 'closed' } })
  await until(async () => !String(await command('CLIENT', 'LIST', 'TYPE', 'normal')).includes('\nid='))
})

/** The package with connections that a test makes and breaks by hand. */
function packageByHand () {
  const attempts: Array<PromiseWithResolvers<void> & { fail: (error: unknown) => void, destroyed: boolean }> = []
  const redisPackage: RedisPackage = {
    ErrorReply: class extends Error {},
    createClient: () => {
      const attempt = { ...Promise.withResolvers<void>(), fail: (_error: unknown) => {}, destroyed: false }
      attempts.push(attempt)
      return {
        isOpen: true,
        on: (_event, listener) => { attempt.fail = listener },
        connect: async () => await attempt.promise,
        destroy: () => { attempt.destroyed = true },
        sendCommand: async () => 'PONG'
      }
    }
  }
  return { attempts, load: async () => redisPackage }
}

t.test('a connection that comes after closing is dropped', async (t) => {
  for (const end of ['resolve', 'reject'] as const) {
    const { attempts, load } = packageByHand()
    const opening = open(t, 'redis://127.0.0.1:1', { load })
    await until(async () => attempts.length === 1)
    attempts[0]!.resolve()
    const { redis, told } = await opening
    attempts[0]!.fail(Object.assign(new Error(), { code: 'ECONNRESET' }))
    attempts[0]!.fail(new Error('again'))
    await until(async () => attempts.length === 2)
    redis.close()
    attempts[1]![end]()
    await until(async () => attempts[1]!.destroyed)
    t.same(told, ['lost: ECONNRESET'])
    t.equal(attempts.length, 2)
    t.equal(await works(redis), false)
  }
})

t.test('it is tried again for as long as it takes', async (t) => {
  const { attempts, load } = packageByHand()
  const opening = open(t, 'redis://127.0.0.1:1', { load })
  await until(async () => attempts.length === 1)
  attempts[0]!.resolve()
  const { redis, told } = await opening
  attempts[0]!.fail(new Error())
  for (let tries = 1; tries < 4; tries++) {
    await until(async () => attempts.length === tries + 1)
    attempts[tries]!.reject(Object.assign(new Error(), { code: 'ECONNREFUSED' }))
  }
  await until(async () => attempts.length === 5)
  attempts[4]!.resolve()
  await until(async () => await works(redis))
  t.same(told, ['lost: redis_connection', 'back'])
})

t.test('a server that forgets what it has no room for says so', needsRedis(), async (t) => {
  const { url, command } = await startRedis(t)
  const { redis } = await open(t, url)
  t.equal(await evictionPolicyOf(redis), null)
  await command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru')
  t.equal(await evictionPolicyOf(redis), null, 'without a limit it forgets nothing')
  await command('CONFIG', 'SET', 'maxmemory', '100mb')
  t.equal(await evictionPolicyOf(redis), 'volatile-lru')
  await command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
  t.equal(await evictionPolicyOf(redis), null)
  redis.close()
  t.equal(await evictionPolicyOf(redis), null, 'who cannot be asked is not accused')
})

t.test('with TLS the certificate counts', needsRedis(), async (t) => {
  const folder = temporaryFolder(t)
  const file = (name: string): string => join(folder, name)
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
    '-keyout', file('key.pem'), '-out', file('certificate.pem')
  ], { stdio: 'ignore' })
  const { port } = await startRedis(t)
  const front = createServer({ key: readFileSync(file('key.pem')), cert: readFileSync(file('certificate.pem')) }, (near) => {
    const far = connectTo(port, '127.0.0.1')
    near.on('error', () => {}).pipe(far).on('error', () => {}).pipe(near)
  })
  front.on('tlsClientError', () => {}).listen(0, 'localhost')
  await once(front, 'listening')
  t.teardown(() => front.close())
  const url = `rediss://localhost:${(front.address() as AddressInfo).port}`
  await t.rejects(open(t, url), { code: 'FST_ENTRA_CONFIGURATION', message: /rediss:\/\/localhost:\d+ cannot be used \(DEPTH_ZERO_SELF_SIGNED_CERT\)/ })

  // Authorities are read when a process starts.
  const ping = async (address: string): Promise<string> => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'redis-process.ts'), address], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: file('certificate.pem') }, stdio: ['ignore', 'pipe', 'ignore']
    })
    return (await text(child.stdout)).trim()
  }
  t.equal(await ping(url), 'PONG')
  t.equal(await ping(url.replace('localhost', '127.0.0.1')), 'FST_ENTRA_CONFIGURATION', 'the certificate of another name')
})
