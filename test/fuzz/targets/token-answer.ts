import { Agent } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'
import fc from 'fast-check'
import { program } from '../../plugins/app.ts'
import type { Target } from '../fuzz.ts'
import { asHeader, octets, rarely, text, value } from '../inputs.ts'
import { judge, startSite } from '../site.ts'
import { anyToken } from './id-token.ts'

interface Input {
  /** What the endpoint writes, as it is: in place of all others, where it is not empty. */
  readonly raw: string
  readonly status: number
  readonly headers: ReadonlyArray<readonly [string, string]>
  readonly body: { readonly members: ReadonlyArray<readonly [string, unknown]> } | { readonly json: unknown } | { readonly octets: string } | { readonly filler: string, readonly size: number }
  /** How the body comes: with its length, in chunks, or until the connection ends. `cut`: shorter than it says. */
  readonly framing: 'length' | 'chunked' | 'close' | 'cut'
}

const status = fc.oneof({ weight: 5, arbitrary: fc.constant(200) }, { weight: 3, arbitrary: fc.constantFrom(400, 401) }, { weight: 2, arbitrary: fc.constantFrom(100, 101, 201, 204, 206, 301, 302, 303, 304, 307, 308, 403, 404, 407, 413, 418, 429, 500, 502, 503, 504, 599, 999) })
const header = fc.tuple(fc.constantFrom('content-type', 'retry-after', 'location', 'content-encoding', 'set-cookie', 'transfer-encoding', 'content-length', 'www-authenticate', 'connection', 'x'), fc.oneof(text, fc.constantFrom('application/json', 'text/html', 'application/x-www-form-urlencoded', '0', '-1', '1e9', '5', 'https://evil.example/', 'gzip', 'chunked', '99999999999')))
const likely: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  id_token: fc.oneof(anyToken, value),
  access_token: fc.oneof(fc.constant('an-access-token'), value),
  token_type: fc.oneof({ weight: 3, arbitrary: fc.constant('Bearer') }, { weight: 1, arbitrary: value }),
  error: fc.oneof(fc.constantFrom('invalid_grant', 'invalid_client', 'interaction_required', 'consent_required', 'temporarily_unavailable', '__proto__', 'unauthorized_client'), value),
  error_codes: fc.oneof(fc.array(fc.oneof(fc.constantFrom<unknown>(7000215, 54005, 50076, 65001, 70008, 9002313, 700016, 90033), value), { maxLength: 3 }), value)
}
const names = [...Object.keys(likely), 'expires_in', 'refresh_token', 'scope', 'error_description', 'correlation_id', 'suberror', 'claims', 'ext_expires_in', 'expires_at', '__proto__']
const member = fc.constantFrom(...names).chain((name) => fc.tuple(fc.constant(name), Object.hasOwn(likely, name) ? likely[name]! : value))

/** Members, some of them in place of others. */
function over (members: ReadonlyArray<readonly [string, unknown]>, others: ReadonlyArray<readonly [string, unknown]>): Array<readonly [string, unknown]> {
  return [...new Map([...members, ...others])]
}

export const tokenAnswer: Target<Input> = {
  name: 'token-answer',
  rule: 'whatever the token endpoint answers, nobody is signed in without a genuine token',
  input: fc.record({
    raw: rarely(8, fc.oneof(octets, octets.map((one) => `HTTP/1.1 ${one}`), octets.map((one) => `HTTP/1.1 200 OK\r\n${one}\r\n\r\n`)), ''),
    status,
    headers: rarely(3, fc.array(header, { maxLength: 3 }), []),
    body: fc.oneof(
      { weight: 6, arbitrary: fc.tuple(anyToken, fc.array(member, { maxLength: 2 })).map(([token, others]) => ({ members: over([['access_token', 'an-access-token'], ['token_type', 'Bearer'], ['id_token', token]], others) })) },
      { weight: 3, arbitrary: fc.tuple(likely.error!, fc.array(member, { maxLength: 3 })).map(([error, others]) => ({ members: over([['error', error]], others) })) },
      { weight: 4, arbitrary: fc.record({ members: fc.array(member, { maxLength: 7 }) }) },
      { weight: 2, arbitrary: fc.record({ json: value }) },
      { weight: 2, arbitrary: fc.record({ octets }) },
      { weight: 1, arbitrary: fc.record({ filler: fc.constantFrom('x', ' ', '[', '{"a":', '0', '\\"'), size: fc.constantFrom(0, 20_000, 200_000) }) },
      { weight: 1, arbitrary: fc.record({ filler: fc.constant('x'), size: fc.constantFrom(1_048_576, 1_100_000) }) }
    ),
    framing: fc.oneof({ weight: 8, arbitrary: fc.constant('length' as const) }, { weight: 4, arbitrary: fc.constantFrom('chunked' as const, 'close' as const) }, { weight: 1, arbitrary: fc.constant('cut' as const) })
  }),
  reaches: ['401 invalid_token', '502 provider_error', '503 provider_unavailable', '400 invalid_state', '401 interaction_required', '403 access_denied'],
  open: async (owner) => {
    let next: Buffer = Buffer.alloc(0)
    const agent = agentOf((socket) => answerOnce(socket, () => next))
    const site = await startSite(owner, { environment: { agent, limits: { timeout: 100, size: 1_048_576 } } }, { victim: null })
    return {
      attempt: async (input) => {
        // Microsoft may ask to be left alone for a while; by then it is over.
        site.clock.now += 120_000
        const { state, cookie } = await begun()
        const before = await site.writes()
        next = answerOf(input)
        return await judge(site, before, await site.app.inject({ url: `/auth/microsoft/callback?code=a-code&state=${state}`, headers: { ...program, cookie } }))
      },
      control: () => []
    }

    async function begun (): Promise<{ state: string, cookie: string }> {
      const { headers } = await site.app.inject({ url: '/auth/microsoft/login', headers: program })
      return { state: new URL(headers.location!).searchParams.get('state')!, cookie: [headers['set-cookie']!].flat()[0]!.split(';')[0]! }
    }
  }
}

/** Like that of the simulator; and a connection that the endpoint has ended is closed, as the one of a network is. */
function agentOf (connect: (socket: Duplex) => void): Agent {
  return new class extends Agent {
    readonly protocol = 'https:'

    override createConnection (): Duplex {
      const [client, server] = duplexPair()
      client.once('end', () => setImmediate(() => client.destroy()))
      connect(server)
      return client
    }
  }()
}

/** Waits for the request, writes the answer and hangs up. */
function answerOnce (socket: Duplex, answer: () => Buffer): void {
  let request = ''
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    request += chunk.toString('latin1')
    // The form comes right behind the headers.
    if (/\r\n\r\n.+/s.test(request)) socket.end(answer())
  })
}

function answerOf ({ raw, status, headers, body, framing }: Input): Buffer {
  if (raw !== '') return Buffer.from(raw, 'latin1')
  const content = bodyOf(body)
  const own = framing === 'length' || framing === 'cut' ? [['content-length', String(content.length + (framing === 'cut' ? 10 : 0))]] : framing === 'chunked' ? [['transfer-encoding', 'chunked']] : []
  const lines = [['content-type', 'application/json'], ...own, ...headers].map(([name, one]) => `${name!}: ${asHeader(one!)}`)
  const framed = framing === 'chunked' ? Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n0\r\n\r\n')]) : content
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} X\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1'), framed])
}

function bodyOf (body: Input['body']): Buffer {
  if ('members' in body) return Buffer.from(`{${body.members.map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`).join()}}`)
  if ('json' in body) return Buffer.from(JSON.stringify(body.json))
  if ('octets' in body) return Buffer.from(body.octets, 'latin1')
  const { filler, size } = body
  // A text of a size, or what is no JSON at all.
  return size === 0 ? Buffer.alloc(0) : filler === 'x' ? Buffer.from(`"${'x'.repeat(size - 2)}"`) : Buffer.alloc(size, filler)
}
