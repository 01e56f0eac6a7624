import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { needsNginx, needsPostgres, needsRedis, nginx } from '../services.ts'
import { type CookieJar, createCookieJar } from '../../src/simulator/cookie-jar.ts'
import { startPostgres } from '../postgres.ts'
import { startRedis } from '../redis.ts'
import { reservePort } from '../ports.ts'
import { temporaryFolder } from '../store/database.ts'
import { startSimulatedMicrosoft } from './simulated-microsoft.ts'

const services = { skip: needsNginx().skip || needsPostgres().skip || needsRedis().skip }
const example = join(import.meta.dirname, '../../examples/two-servers')

t.test('the example of two servers behind nginx: TLS ends at nginx, and both servers are one site', services, async (t) => {
  const [front, ...backs] = [await reservePort(), await reservePort(), await reservePort()]
  const baseUrl = `https://localhost:${front}`
  const microsoft = await startSimulatedMicrosoft(t, { redirectUris: [`${baseUrl}/auth/microsoft/callback`] })
  const postgres = await startPostgres(t)
  const redis = await startRedis(t)
  const environment = {
    BASE_URL: baseUrl,
    AUTHORITY: microsoft.authority,
    CLIENT_ID: microsoft.clientId,
    CLIENT_SECRET: microsoft.clientSecret,
    SECRETS: 'nginx-test-secret-of-32-characters-or-more',
    DATABASE_URL: await postgres.createDatabase(),
    REDIS_URL: redis.url
  }
  const outputs = await Promise.all(backs.map(async (port) => await startServer(t, { ...environment, PORT: String(port) })))
  await startNginx(t, front, backs)

  const jar = createCookieJar('', () => Date.now())
  const started = await get(front, '/auth/microsoft/login?return_to=/me', jar)
  t.match(started.location, microsoft.authority)
  t.ok(Object.keys(jar.all()).every((name) => name.startsWith('__Host-')), 'Secure cookies: the servers believe nginx about https')
  const callback = await pickAda(started.location!)
  const arrived = await get(front, callback.pathname + callback.search, jar)
  t.match(arrived, { status: 303, location: '/me' })
  for (let turn = 0; turn < 4; turn++) t.match(JSON.parse((await get(front, '/me', jar)).body), { displayName: 'Ada Lovelace' })
  for (const output of outputs) {
    t.match(output(), '"url":"/me"', 'each of the servers was asked')
    t.match(output(), '"remoteAddress":"127.0.0.1"')
    t.notMatch(output(), callback.searchParams.get('code')!, 'no code in the log')
  }

  const spoofed = await get(front, '/auth/microsoft/login', createCookieJar('', () => Date.now()), { 'x-forwarded-proto': 'http', 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9;proto=http' })
  t.equal(spoofed.status, 303, 'what a browser says of the scheme is overwritten')
  for (const output of outputs) t.notMatch(output(), '203.0.113.9')

  const out = await get(front, '/auth/logout', jar, { 'x-requested-with': 'test' }, 'POST')
  t.equal(out.status, 204)
  for (let turn = 0; turn < 4; turn++) t.equal((await get(front, '/me', jar)).status, 401, 'out at both')
})

async function startServer (t: Test, environment: Record<string, string>): Promise<() => string> {
  const child = spawn(process.execPath, ['-C', 'fastify-entra:source', join(example, 'server.ts')], { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { output += String(chunk) })
  t.teardown(async () => await end(child))
  await until(() => output.includes('Server listening'), child, () => output)
  return () => output
}

async function startNginx (t: Test, front: number, backs: readonly number[]): Promise<void> {
  const folder = temporaryFolder(t)
  // Its workers run as another user.
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'temp'))
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')], { stdio: 'ignore' })
  // The example as it stands, but for addresses and paths.
  const config = readFileSync(join(example, 'nginx.conf'), 'utf8')
    .replace('listen 443', `listen 127.0.0.1:${front}`).replace('server_name app.example', 'server_name localhost')
    .replace('127.0.0.1:3001', `127.0.0.1:${backs[0]}`).replace('127.0.0.1:3002', `127.0.0.1:${backs[1]}`)
    .replace('/etc/ssl/app.example/fullchain.pem', join(folder, 'cert.pem')).replace('/etc/ssl/app.example/privkey.pem', join(folder, 'key.pem'))
    .replace('/var/log/nginx/app.log', join(folder, 'app.log'))
    // The port is part of this test's origin; at 443 it is not.
    .replaceAll('$host;', '$http_host;')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${join(folder, 'temp', kind)};`).join('\n')
  writeFileSync(join(folder, 'app.conf'), config)
  writeFileSync(join(folder, 'nginx.conf'), `daemon off;\npid ${join(folder, 'pid')};\nerror_log ${join(folder, 'error.log')};\nevents {}\nhttp {\n${temporary}\ninclude ${join(folder, 'app.conf')};\n}\n`)
  const child = spawn(nginx, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  child.stderr.on('data', (chunk) => { output += String(chunk) })
  t.teardown(async () => await end(child, 'SIGTERM'))
  await until(async () => await get(front, '/health', createCookieJar('', () => Date.now())).then(({ status }) => status === 200, () => false), child, () => output)
}

async function pickAda (authorizationUrl: string): Promise<URL> {
  const answer = await fetch(authorizationUrl, { method: 'POST', body: new URLSearchParams({ simulator_account: 'ada' }), redirect: 'manual' })
  return new URL(answer.headers.get('location')!)
}

interface Answer { status: number, location: string | undefined, body: string }

async function get (port: number, path: string, jar: CookieJar, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const sent = request({ host: 'localhost', port, path, method, headers: { accept: 'application/json', cookie: jar.header(), ...headers }, rejectUnauthorized: false }, (response) => {
      jar.store(response.headers['set-cookie'] ?? [])
      let body = ''
      response.on('data', (chunk) => { body += String(chunk) })
      response.on('end', () => resolve({ status: response.statusCode!, location: response.headers.location, body }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

async function until (isReady: () => boolean | Promise<boolean>, child: ChildProcess, output: () => string): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${output()}`)
    if (await isReady()) return
    await wait(50)
  }
  throw new Error(`it does not answer:\n${output()}`)
}

async function end (child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}
