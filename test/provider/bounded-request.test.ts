import { once } from 'node:events'
import { Agent, createServer, get, type IncomingMessage, type RequestListener } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { agentFor, withinLimits } from '../../src/provider/bounded-request.ts'
import { refusalOf } from '../verification/tokens.ts'

const patient = { timeout: 300_000, size: 1_000 }

async function listenTo (t: Pick<Test, 'teardown'>, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function read (url: string, agent: Agent): Promise<string> {
  const [response] = await once(get(url, { agent }), 'response') as [IncomingMessage]
  // As the HTTP client reads it.
  const parts = new PassThrough()
  response.pipe(parts)
  return await text(parts)
}

t.test('an answer within the limits comes as it is, to its last byte', async (t) => {
  const url = await listenTo(t, (_request, response) => { response.end('x'.repeat(1_000)) })
  t.equal(await withinLimits(agentFor(url, undefined), patient, async (agent) => await read(url, agent)), 'x'.repeat(1_000))
})

t.test('one byte more is too much, and the connection is closed', async (t) => {
  const closed = Promise.withResolvers<unknown>()
  const url = await listenTo(t, (_request, response) => {
    response.on('close', closed.resolve)
    response.write('x'.repeat(1_001))
  })
  t.equal(await refusalOf(withinLimits(agentFor(url, undefined), patient, async (agent) => await read(url, agent))), 'provider_error token_too_large')
  await closed.promise
})

t.test('the time is up for whoever has not even sent its request', async (t) => {
  t.equal(await refusalOf(withinLimits(new Agent(), { timeout: 1, size: 1 }, async () => await new Promise(() => {}))), 'provider_timeout token_timeout')
})

t.test('a failure of the request itself is passed on', async (t) => {
  await t.rejects(withinLimits(new Agent(), patient, async () => { throw new RangeError('broken') }), RangeError)
})

t.test('an agent that is given is used; connections are kept open, those of one agent apart from those of another', async (t) => {
  const ports: unknown[] = []
  const url = await listenTo(t, (request, response) => {
    ports.push(request.socket.remotePort)
    response.end()
  })
  const kept = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => kept.destroy())
  for (const given of [kept, kept, undefined, undefined]) await withinLimits(agentFor(url, given), patient, async (agent) => await read(url, agent))
  t.equal(ports[0], ports[1])
  t.equal(ports[2], ports[3])
  t.equal(new Set(ports).size, 2)
  t.type(agentFor('https://login.microsoftonline.com', undefined), TlsAgent)
})

t.test('what breaks on a kept connection is not sent again: nobody knows whether it was read', async (t) => {
  const known = new Set<unknown>()
  let requests = 0
  const url = await listenTo(t, ({ socket }, response) => {
    requests += 1
    if (known.has(socket)) return socket.destroy()
    known.add(socket)
    response.end('answer')
  })
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const ask = async (): Promise<string> => await withinLimits(agent, patient, async (watched) => await read(url, watched))
  t.equal(await ask(), 'answer')
  await t.rejects(ask(), { code: 'ECONNRESET' })
  t.equal(requests, 2)
  t.equal(await ask(), 'answer', 'the next one has another connection')
})
