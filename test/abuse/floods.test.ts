import type { FastifyServerOptions } from 'fastify'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { processorTime, slowness } from '../busy-time.ts'
import { secret, startSite } from '../identity/site.ts'
import { takesLong } from '../patient.ts'
import { program } from '../plugins/app.ts'
import { signIdToken } from '../verification/tokens.ts'
import { cookiesAfter } from './faulty-flows.ts'
import { withClaims, withToken } from './forge.ts'
import { isRefused, tries } from './trial.ts'
import { drip, exchange, flood, head, listen } from './wire.ts'
import { startWorld, type World } from './world.ts'

takesLong()

const callback = '/auth/microsoft/callback'
const codes = { use_email_as_identifier: true, verify_email: true, mailer: async () => {} } as const
const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }
/** Whoever is still writing when the connection is closed may never see the answer. */
const refusedOrClosed: readonly number[] = [413, 0]
const posts = [callback, '/auth/code', '/auth/code/resend', '/auth/code/cancel', '/auth/logout', '/auth/microsoft/link', '/auth/microsoft/unlink', '/auth/sessions/end', '/auth/sessions/end-all']

tries('D01', 'a body of megabytes is refused before it is read, whether it says how large it is or not, and none is unpacked', async (t, engine) => {
  const world = await startWorld(t, engine, { options: { ...codes, responseMode: 'form_post' } })
  const { port } = await listen(t, world)
  const before = await world.rows()
  const size = 10_000_000
  const worst = process.resourceUsage().maxRSS
  const chunk = Buffer.concat([Buffer.from('4000\r\n'), Buffer.alloc(16_384, 'a'), Buffer.from('\r\n')])
  const bomb = gzipSync(Buffer.alloc(size, ' '))
  const cookie = world.victim.cookie
  for (const url of posts) {
    const said = await exchange(port, (socket) => flood(socket, head('POST', url, { ...form, cookie, 'content-length': String(size) }), size, Buffer.alloc(65_536, 'a')))
    t.ok(refusedOrClosed.includes(said.status), `${url}: ten megabytes that are announced: ${said.status}`)
    const unsaid = await exchange(port, (socket) => flood(socket, head('POST', url, { ...form, cookie, 'transfer-encoding': 'chunked' }), size, chunk))
    t.ok(refusedOrClosed.includes(unsaid.status), `${url}: ten megabytes that are not: ${unsaid.status}`)
    const packed = await exchange(port, (socket) => { socket.write(Buffer.concat([Buffer.from(head('POST', url, { ...json, cookie, 'content-encoding': 'gzip', 'content-length': String(bomb.length) })), bomb])) })
    t.ok([400, 413, 415].includes(packed.status), `${url}: a gzip bomb: ${packed.status}`)
  }
  const small = await exchange(port, (socket) => socket.write(head('POST', '/auth/code', { ...json, cookie, 'content-length': '20000' }) + ' '.repeat(20_000)))
  t.equal(small.status, 413, 'who has sent all of it reads the answer')
  const growth = Math.round((process.resourceUsage().maxRSS - worst) / 1_024)
  t.ok(growth < 64, `${growth} MiB more at the worst moment, of ${posts.length * 20} MB`)
  t.equal(await world.rows(), before)
  t.ok((await world.app.inject({ url: '/me', headers: { ...program, cookie } })).statusCode === 200, 'the victim is signed in')
})

tries('D01', 'the token endpoint of the provider refuses a body of megabytes', async (t, engine) => {
  const { app, issuer } = await startSite(t, { entra: { database: await engine.newLocation(t) } })
  const url = `${new URL(issuer).pathname}/token`
  const { port, hostname } = new URL(issuer)
  const basic = { authorization: `Basic ${Buffer.from(`basic:${secret}`).toString('base64')}`, host: `${hostname}:${port}` }
  const answer = await app.inject({ method: 'POST', url, headers: { ...form, ...basic }, payload: `grant_type=authorization_code&code=${'x'.repeat(10_000_000)}` })
  // The provider has no other code for it.
  t.match(answer.json(), { error: 'invalid_request' })
  t.equal(answer.statusCode, 400)
  const packed = await app.inject({ method: 'POST', url, headers: { ...form, ...basic, 'content-encoding': 'gzip' }, payload: gzipSync(Buffer.alloc(10_000_000, 'a')) })
  t.ok(packed.statusCode >= 400 && packed.statusCode < 500, String(packed.statusCode))
  const small = await app.inject({ method: 'POST', url, headers: { ...form, ...basic }, payload: 'grant_type=authorization_code&code=x' })
  t.notMatch(small.body, 'failed to parse', 'control: a small one is read')
})

/** What a slow client sends: of the head of a request, or of a body, an octet at a time. */
const slowParts: ReadonlyArray<[what: string, http: object, send: (socket: Socket, url: string, cookie: string) => void]> = [
  ['a head', { headersTimeout: 600, connectionsCheckingInterval: 100 }, (socket, url) => drip(socket, `POST ${url} HTTP/1.1\r\nhost: app.example\r\nx-`, 'a')],
  // Node looks at its own limit every thirty seconds: nobody waits for that here.
  ['a body', {}, (socket, url, cookie) => drip(socket, head('POST', url, { ...form, cookie, 'content-length': '10000' }), 'a')],
  ['a body without an end', {}, (socket, url, cookie) => drip(socket, head('POST', url, { ...form, cookie, 'transfer-encoding': 'chunked' }), '1\r\na\r\n')]
]

tries('D02', 'who sends an octet now and then is put out, and others sign in meanwhile', async (t, engine) => {
  for (const [what, http, send] of slowParts) {
    const world = await startWorld(t, engine, { options: { ...codes, responseMode: 'form_post' }, server: { requestTimeout: 500, http } as FastifyServerOptions })
    const { port } = await listen(t, world)
    const before = await world.rows()
    const slow = Array.from({ length: 5 * posts.length }, async (_, index) => await exchange(port, (socket) => send(socket, posts[index % posts.length]!, world.victim.cookie)))
    const ends = await Promise.all(slow)
    t.same(new Set(ends.map(({ status }) => status)), new Set([what === 'a head' ? 408 : 0]), `${what}: the connection is closed`)
    t.equal(await world.rows(), before)
    const others = Array.from({ length: 60 }, async (_, index) => await exchange(port, (socket) => send(socket, posts[index % posts.length]!, world.victim.cookie)))
    t.ok((await world.simulator.signIn(world.app, 'pat')).cookies['__Host-entra-session'], 'somebody else signs in meanwhile')
    await Promise.all(others)
    t.equal((await exchange(port, (socket) => socket.write(head('GET', '/me', { cookie: world.victim.cookie })))).status, 200)
  }
})

tries('D17', 'sign-ins that nobody finishes store nothing and keep nothing', async (t, engine) => {
  const world = await startWorld(t, engine, { server: { logger: false } })
  const before = await world.rows()
  const begin = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      await world.app.inject({ url: '/auth/microsoft/login', headers: program })
      // As between requests of clients: what is thrown away goes when the event loop comes around.
      await turn()
    }
  }
  await begin(500)
  // What is compiled meanwhile grows once; what is kept for each sign-in grows each time.
  let least = Infinity
  for (let round = 0; round < 3 && least > 100_000; round++) {
    const memory = usedMemory()
    await begin(500)
    least = Math.min(least, usedMemory() - memory)
  }
  t.ok(least < 100_000, `${least} octets more after 500`)
  t.equal(await world.rows(), before)
  t.equal((await world.signIn('pat')).statusCode, 303, 'control: who goes on is signed in')
})

/** Octets on the heap after the garbage is gone. */
function usedMemory (): number {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
  gc()
  return process.memoryUsage().heapUsed
}

/** Texts that make a bad pattern slow, a hundred kilobytes each. */
const adversarial: Readonly<Record<string, string>> = Object.fromEntries([
  'a', ' ', '\t', '/', '../', '%25', 'a.', 'a@', '-', 'a=b;', 'en;q=0.1,', '"', '\\', '(', '1.', '::', '[', '**/', 'é', '<', 'text/html;', 'Mozilla/5.0 (', '\u202e'
].map((part) => [JSON.stringify(part), `${part.repeat(Math.ceil(100_000 / Buffer.byteLength(part)))}!`]))

/** Milliseconds of processor time for one request, this process being server and client at once. */
const longest = 50 * slowness

type Send = (world: World, text: string) => Promise<unknown>
const get = (url: (text: string) => string): Send => async ({ app }, text) => await app.inject({ url: url(encodeURIComponent(text)), headers: program })
const byHeader = (name: string, url = '/auth/account'): Send => async ({ app, victim }, text) => await app.inject({ url, headers: { ...program, accept: 'text/html', cookie: victim.cookie, [name]: latin(text) } })
const byField = (url: string, name: string): Send => async ({ app, victim }, text) => await app.inject({ method: 'POST', url, headers: { ...program, origin: 'https://app.example', cookie: victim.cookie }, payload: { [name]: text.slice(0, 16_000) } })
const latin = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '\u00e9')

const inputs: Readonly<Record<string, Send>> = {
  ...Object.fromEntries(['return_to', 'login_hint', 'domain_hint', 'prompt', 'ui_locales', 'provider', 'provider_scopes', 'max_age'].map((name) => [`start: ${name}`, get((text) => `/auth/microsoft/login?${name}=${text}`)])),
  ...Object.fromEntries(['state', 'code', 'error', 'error_description', 'iss'].map((name) => [`callback: ${name}`, get((text) => `${callback}?state=${'a'.repeat(43)}&${name}=${text}`)])),
  'error page': get((text) => `/auth/error?error=${text}&help=${text}`),
  path: get((text) => `/auth/${text}`),
  ...Object.fromEntries(['accept', 'accept-language', 'user-agent', 'cookie', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'origin', 'sec-fetch-site', 'x-csrf-token', 'content-type', 'host'].map((name) => [`header: ${name}`, byHeader(name)])),
  'header: a cookie of an attempt': byHeader('cookie', `${callback}?state=${'a'.repeat(43)}&code=x`),
  'field: code': byField('/auth/code', 'code'),
  'field: session': byField('/auth/sessions/end', 'session'),
  'field: tid': byField('/auth/microsoft/unlink', 'tid'),
  'field: return_to': byField('/auth/microsoft/link', 'return_to')
}

tries('D19', 'no text of a hundred kilobytes keeps the server busy, wherever it stands', async (t, engine) => {
  // One engine: nothing of this gets as far as the store.
  if (engine.name === 'postgresql') return
  const world = await startWorld(t, engine, { options: codes, server: { logger: false } })
  for (const [input, send] of Object.entries(inputs)) {
    let worst = { time: 0, part: '' }
    for (const [part, text] of Object.entries(adversarial)) {
      // A moment's garbage is none of the text's: what is slow is slow each time.
      let time = Infinity
      for (let tries = 0; tries < 3 && time > longest; tries++) time = Math.min(time, await processorTime(async () => await send(world, text)))
      if (time > worst.time) worst = { time, part }
    }
    t.ok(worst.time < longest, `${input}: ${worst.time.toFixed(1)} ms at the most, for ${worst.part}`)
  }
})

tries('D19', 'no claim of a token keeps the server busy', async (t, engine) => {
  const world = await startWorld(t, engine, { server: { logger: false } })
  for (const claim of ['email', 'upn', 'name', 'preferred_username', 'given_name', 'acct', 'xms_edov', 'iss', 'nonce', 'idp', 'sid', 'login_hint']) {
    for (const part of ['a', 'a@', '.', 'a.', 'é', ' ', '#EXT#', '\u212a']) {
      const text = part.repeat(Math.ceil(8_000 / part.length))
      const begun = await world.begin('pat')
      world.simulator.setTokenResponseHook(withClaims({ [claim]: text }))
      const time = await processorTime(async () => await begun.finish())
      // The simulator signs meanwhile.
      t.ok(time < 500, `${claim} ${JSON.stringify(part)}: ${time.toFixed(1)} ms`)
    }
  }
})

tries('D20', 'ten thousand parameters, levels or keys are refused', async (t, engine) => {
  const world = await startWorld(t, engine, { options: codes })
  const { port } = await listen(t, world)
  const before = await world.rows()
  const refusing = [400, 413, 414, 431]
  const many = Array.from({ length: 10_000 }, (_, index) => `p${index}=1`).join('&')
  for (const path of ['/auth/microsoft/login', callback, '/auth/error', '/auth/microsoft/front-channel-logout']) {
    const { status } = await exchange(port, (socket) => socket.write(head('GET', `${path}?${many}`)))
    t.ok(refusing.includes(status), `${path} with 10,000 parameters: ${status}`)
  }
  const bodies = {
    'a depth of 10,000': '['.repeat(10_000) + ']'.repeat(10_000),
    'a depth of 8,000, which fits': '['.repeat(8_000) + ']'.repeat(8_000),
    'objects to a depth of 2,000': '{"a":'.repeat(2_000) + '1' + '}'.repeat(2_000),
    '100,000 keys': JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, 1]))),
    'a prototype': '{"__proto__":{"code":"123456"}}',
    'a constructor': '{"constructor":{"prototype":{"code":"123456"}}}'
  }
  for (const url of ['/auth/code', '/auth/microsoft/link', '/auth/microsoft/unlink', '/auth/sessions/end']) {
    for (const [title, payload] of Object.entries(bodies)) {
      const { statusCode, headers } = await world.app.inject({ method: 'POST', url, headers: { ...program, ...json, origin: 'https://app.example', cookie: world.victim.cookie }, payload })
      // A link is started by whatever is an object: nothing of it is looked at.
      t.ok(refusing.includes(statusCode) || (url.endsWith('/link') && statusCode < 300), `${url}: ${title}: ${statusCode}`)
      t.notMatch(String(headers['set-cookie']), /entra-session=[^;]/)
    }
    const { statusCode } = await world.app.inject({ method: 'POST', url, headers: { ...program, ...form, origin: 'https://app.example', cookie: world.victim.cookie }, payload: many })
    t.ok(refusing.includes(statusCode), `${url}: a form of 10,000 fields: ${statusCode}`)
  }
  t.equal(await world.rows(), before)
  t.equal((await world.signIn('pat')).statusCode, 303, 'control')
})

tries('D20', 'a browser that was filled with cookies signs in all the same, and is rid of those of ours', async (t, engine) => {
  const world = await startWorld(t, engine)
  const { port } = await listen(t, world)
  const own = Array.from({ length: 60 }, (_, index) => `__Host-entra-attempt-${String(index).padStart(10, 'x')}=${'a'.repeat(60)}`)
  const others = Array.from({ length: 150 }, (_, index) => `junk${index}=${'b'.repeat(40)}`)
  for (const cookies of [own, [...own, ...others], others, ['__Host-entra-session=', '__Host-entra-session=a', '__Host-entra-session=b.c'], ['=', ';;', '=a', 'a', '__Host-entra-attempt-=x'], [`__Host-entra-session=${'%'.repeat(9_000)}`]]) {
    const cookie = cookies.join('; ')
    const begun = await world.begin('pat', { cookie })
    t.ok([begun.start.headers['set-cookie'] ?? []].flat().length <= 12, 'what is set and cleared has a bound')
    t.equal((await begun.finish()).statusCode, 303)
    t.ok((await world.app.inject({ url: '/public', headers: { ...program, cookie } })).statusCode === 200)
  }
  const { status } = await exchange(port, (socket) => socket.write(head('GET', '/auth/microsoft/login', { cookie: `a=${'x'.repeat(40_000)}` })))
  t.equal(status, 431, 'and what no server takes is refused')
  let cookie = ''
  for (let time = 0; time < 12; time++) cookie = cookiesAfter(cookie, (await world.begin('pat', { cookie })).start)
  t.ok(cookie.length < 8_000 && cookie.split('; ').length <= 5, `twelve tabs leave ${cookie.length} characters`)
})

tries('D25', 'who a request counts for is no matter of what its headers say, but where a trusted proxy says it', async (t, engine) => {
  const rateLimit = { signIn: 3, timeWindow: 3_600_000 }
  const ask = async ({ app }: World, remoteAddress: string, forwarded?: string): Promise<number> => {
    const headers = { ...program, ...(forwarded !== undefined && { 'x-forwarded-for': forwarded, forwarded: `for=${forwarded}`, 'x-real-ip': forwarded, 'client-ip': forwarded, 'cf-connecting-ip': forwarded }) }
    return (await app.inject({ url: '/auth/microsoft/login', headers, remoteAddress })).statusCode
  }
  const counts = async (world: World, requests: Array<[string, string?]>): Promise<number> => {
    const all: number[] = []
    for (const [address, forwarded] of requests) all.push(await ask(world, address, forwarded))
    return all.filter((status) => status === 303).length
  }
  // The site ends TLS itself; there is nobody whom it believes.
  const direct = await startWorld(t, engine, { options: { rateLimit }, server: { trustProxy: false } }).catch((error: unknown) => error)
  t.ok(direct instanceof Error, 'without a proxy that is trusted nobody can be signed in behind one')
  const world = await startWorld(t, engine, { options: { rateLimit }, server: { trustProxy: ['10.0.0.1', '127.0.0.1'] } })
  const spoofed = Array.from({ length: 10 }, (_, index) => `198.51.100.${index}`)
  t.equal(await counts(world, spoofed.map((one) => ['203.0.113.1', one])), 0, 'a stranger who names others is no https request at all')
  t.equal(await counts(world, spoofed.map((one) => ['10.0.0.1', `${one}, 203.0.113.2`])), 3, 'what stands before the proxy\'s own entry is not read')
  t.equal(await counts(world, spoofed.map((one) => ['10.0.0.1', `${one}, 203.0.113.3, 10.0.0.1`])), 3)
  t.equal(await counts(world, ['203.0.113.4', '::ffff:203.0.113.4', '::FFFF:cb00:7104', '0:0:0:0:0:ffff:203.0.113.4'].map((one) => ['10.0.0.1', one])), 3, 'IPv4 in IPv6 is IPv4')
  t.equal(await counts(world, ['2001:db8:1:2::1', '2001:DB8:1:2::2', '2001:0db8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2:3:4:5:6'].map((one) => ['10.0.0.1', one])), 3, 'a household is one client')
  t.equal(await counts(world, spoofed.map((one, index) => ['10.0.0.1', `${one}-${index}`])), 3, 'whoever makes up text makes up no clients')
  t.equal(await counts(world, [['10.0.0.1', '203.0.113.9'], ['10.0.0.1', '203.0.113.10']]), 2, 'control: others are others')
})

tries('D09', 'tokens of keys that there are not cost one look at the keys, and a large key set costs nobody their sign-in', async (t, engine) => {
  const world = await startWorld(t, engine, { publish: (key) => [...Array.from({ length: 20 }, (_, index) => ({ ...key, kid: `made-up-${index}` })), key] })
  const before = world.simulator.requests.keys
  for (let time = 0; time < 20; time++) {
    const answer = await world.signIn('pat', { answer: withToken(({ claims }, key) => signIdToken(claims, { ...key, kid: `flood-${time}` })) })
    t.equal(answer.statusCode, 401)
  }
  t.ok(world.simulator.requests.keys - before <= 1, 'one fetch')
  await isRefused(t, world, 'a key that is not there', { code: 'invalid_token', attempt: 'used' }, async () => await world.signIn('pat', { answer: withToken(({ claims }, key) => signIdToken(claims, { ...key, kid: 'flood' })) }))
  t.equal((await world.signIn('pat')).statusCode, 303, 'control: the genuine key is found among them')
})
