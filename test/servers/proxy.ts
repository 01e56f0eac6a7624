import { once } from 'node:events'
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** Stands before several servers: each request goes to the next one. */
export interface Proxy {
  /** Where browsers find the site: `baseUrl` of all servers behind. */
  readonly origin: string
  /** Ports of the servers, as they are now. */
  readonly ports: Set<number>
}

/** A proxy that gives each request to the next server; 502 where there is none, or where it dies meanwhile. */
export async function startProxy (t: Pick<Test, 'teardown'>): Promise<Proxy> {
  const ports = new Set<number>()
  const agent = new Agent({ keepAlive: true })
  let turn = 0
  // Longer than any test: a connection that is closed just when it is used again looks like a server that died.
  const server = createServer({ keepAliveTimeout: 600_000 }, (incoming, answer) => {
    const all = [...ports]
    if (all.length === 0) fail(answer)
    else forward(incoming, answer, all[turn++ % all.length]!, agent)
  }).listen(0, 'localhost')
  await once(server, 'listening')
  t.teardown(() => {
    agent.destroy()
    server.closeAllConnections()
    server.close()
  })
  return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, ports }
}

function forward (incoming: IncomingMessage, answer: ServerResponse, port: number, agent: Agent): void {
  const { method, url, headers } = incoming
  const sent = request({ host: 'localhost', port, method, path: url, headers, agent }, (received) => {
    answer.writeHead(received.statusCode!, received.rawHeaders)
    received.on('error', () => answer.destroy())
    received.on('aborted', () => answer.destroy())
    received.pipe(answer)
  })
  sent.on('error', () => fail(answer))
  incoming.pipe(sent)
}

function fail (answer: ServerResponse): void {
  if (answer.headersSent) answer.destroy()
  else answer.writeHead(502).end('no server')
}
