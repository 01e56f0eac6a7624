import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { realEnvironment } from '../../src/core/environment.ts'
import { isEntraError } from '../../src/core/errors.ts'
import { fetchLimits } from '../../src/core/environment.ts'
import { fetchJson } from '../../src/core/fetch-json.ts'
import { refusalOf, testWorld } from '../verification/tokens.ts'

const url = 'https://login.example/keys'
/** The limits, but for a time-out that does not come however busy the machine is. */
const patient = { ...fetchLimits, timeout: 300_000 }

const fetchFrom = (answer: () => Response | Promise<Response>, limits = patient): Promise<unknown> =>
  fetchJson('keys', url, testWorld(answer), limits)

/** Fetches over a real socket from a server that answers so. */
async function fetchOverSocket (listener: RequestListener, limits = patient): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  // No connection is kept: the next server may get the same port.
  server.maxRequestsPerSocket = 1
  await new Promise((resolve) => server.once('listening', resolve))
  try {
    return await refusalOf(fetchJson('keys', `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`, realEnvironment, limits))
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

t.test('a JSON object with status 200 is what is fetched', async (t) => {
  t.same(await fetchFrom(() => Response.json({ keys: [] })), { keys: [] })
  t.equal(await fetchOverSocket((_request, response) => { response.end('{"a":1}') }), 'holds')
})

t.test('an answer over 1 MiB is refused while it is read, also one that was small on the wire', async (t) => {
  let sent = 0
  const endless = new ReadableStream({
    pull: (controller) => {
      sent += 65_536
      controller.enqueue(new Uint8Array(65_536).fill(0x20))
    }
  })
  t.equal(await refusalOf(fetchFrom(() => new Response(endless))), 'provider_error keys_too_large')
  t.ok(sent <= 1_048_576 + 4 * 65_536, 'the rest is not read')
  const bomb = gzipSync(Buffer.alloc(20_000_000, ' '))
  t.equal(await fetchOverSocket((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
  }), 'provider_error keys_too_large')
  const padded = `{"a":1}${' '.repeat(1_048_576 - 7)}`
  t.equal(await refusalOf(fetchFrom(() => new Response(padded))), 'holds', 'control: exactly 1 MiB')
  t.equal(await refusalOf(fetchFrom(() => new Response(`${padded} `))), 'provider_error keys_too_large')
})

t.test('a malformed answer is the fault of the provider', async (t) => {
  for (const body of ['', '<html>', '[]', 'null', '{"keys":[', '{"keys":[],"keys":[]}']) {
    t.equal(await refusalOf(fetchFrom(() => new Response(body))), 'provider_error keys_json', body)
  }
  t.equal(await refusalOf(fetchFrom(() => new Response(null))), 'provider_error keys_json')
})

t.test('a redirect is not followed, and no other status than 200 is an answer', async (t) => {
  for (const status of [201, 206, 301, 302, 307, 400, 401, 403, 404]) {
    t.equal(await refusalOf(fetchFrom(() => new Response('{}', { status, headers: { location: 'https://evil.example/' } }))), `provider_error keys_status_${status}`)
  }
  t.equal(await refusalOf(fetchFrom(() => new Response(null, { status: 204 }))), 'provider_error keys_status_204')
  let followed = false
  t.equal(await fetchOverSocket((request, response) => {
    if (request.url === '/elsewhere') followed = true
    response.writeHead(302, { location: '/elsewhere' }).end('{}')
  }), 'provider_error keys_status_302')
  t.equal(followed, false)
})

t.test('429 and 5xx mean try again later, and say when (D05)', async (t) => {
  const retryAfter: Array<readonly [header: string | null, seconds: number | undefined]> = [
    ['7', 7], ['0', 0], ['999999', 3_600], ['1000000', undefined], ['-1', undefined], ['soon', undefined], ['Wed, 21 Oct 2026 07:28:00 GMT', undefined], [null, undefined]
  ]
  for (const status of [429, 500, 502, 503]) {
    for (const [header, seconds] of retryAfter) {
      const refused = await fetchFrom(() => new Response('{}', { status, headers: header === null ? {} : { 'retry-after': header } })).catch((error: unknown) => error)
      if (!isEntraError(refused)) return t.fail('not a refusal')
      t.equal(refused.code, 'provider_unavailable')
      t.same(refused.detail, { reason: `keys_status_${status}`, retryAfter: seconds })
    }
  }
})

t.test('no connection, or one that breaks, is provider_unavailable without a cause', async (t) => {
  const refused = await fetchFrom(() => { throw new TypeError('fetch failed', { cause: new Error('secret') }) }).catch((error: unknown) => error)
  if (!isEntraError(refused)) return t.fail('not a refusal')
  t.equal(refused.code, 'provider_unavailable')
  t.equal(refused.detail.reason, 'keys_connection')
  t.equal(refused.cause, undefined)
  t.equal(await fetchOverSocket((request) => { request.socket.destroy() }), 'provider_unavailable keys_connection')
  t.equal(await fetchOverSocket((request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('{"a":', () => request.socket.destroy())
  }), 'provider_unavailable keys_connection')
})

t.test('the time-out is about the whole exchange: headers, and a body that drips (D04)', async (t) => {
  const soon = { ...fetchLimits, timeout: 60 }
  t.equal(await fetchOverSocket(() => {}, soon), 'provider_timeout keys_timeout')
  t.equal(await fetchOverSocket((_request, response) => {
    response.writeHead(200).write('{')
    const drip = setInterval(() => response.write(' '), 10)
    response.on('close', () => clearInterval(drip))
  }, soon), 'provider_timeout keys_timeout')
  t.equal(await refusalOf(fetchFrom(() => new Promise(() => {}), soon)), 'provider_timeout keys_timeout', 'a fetch that does not heed its signal')
  t.equal(await refusalOf(fetchFrom(() => new Response(new ReadableStream({})), soon)), 'provider_timeout keys_timeout', 'a body that does not')
  t.equal(fetchLimits.timeout, 10_000)
})

t.test('a connection is closed when its answer was refused', async (t) => {
  const world = testWorld(() => new Response('{}', { status: 404 }))
  await refusalOf(fetchJson('keys', url, world))
  t.equal(world.requests[0]!.url, url)
  t.equal(world.requests[0]!.init.signal!.aborted, true)
  t.equal(world.requests[0]!.init.redirect, 'manual')
})
