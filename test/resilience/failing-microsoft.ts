import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Test } from 'tap'
import { type Simulator, startSimulator } from '../../plugins/simulator/create.ts'
import { readOptions } from '../../src/core/options.ts'
import { type SimulatorOptions, simulatorOptionRules } from '../../src/simulator/options.ts'
import { reservePort } from '../ports.ts'

/** What an application asks Microsoft for by itself. */
export type Endpoint = 'token' | 'keys' | 'discovery'

/** What an endpoint answers in place of Microsoft; `down`: nobody listens. */
export type Fault = 'down' | ((request: IncomingMessage, response: ServerResponse) => void)

/** A simulated Microsoft on loopback whose endpoints break and heal. */
export interface FailingMicrosoft {
  readonly authority: string
  readonly simulator: Simulator
  /** How many requests have reached each endpoint. */
  readonly requests: Record<Endpoint, number>
  readonly fail: (endpoint: Endpoint, fault: Fault) => Promise<void>
  readonly heal: () => Promise<void>
  /** Waits until whoever got a wrong answer has let go of the connection. */
  readonly letGo: () => Promise<void>
}

const places: ReadonlyArray<[end: string, endpoint: Endpoint]> = [
  ['/oauth2/v2.0/token', 'token'], ['/discovery/v2.0/keys', 'keys'], ['/.well-known/openid-configuration', 'discovery']
]

export async function startFailingMicrosoft (t: Pick<Test, 'teardown'>, options: SimulatorOptions): Promise<FailingMicrosoft> {
  const port = await reservePort()
  const authority = `http://localhost:${port}`
  const { server, simulator } = startSimulator(authority, readOptions<SimulatorOptions>('simulator', simulatorOptionRules, options))
  await server.ready()
  const requests = { token: 0, keys: 0, discovery: 0 }
  let broken: { endpoint: Endpoint, fault: Fault } | null = null
  let closed: Array<Promise<unknown>> = []
  const listener = createServer(answer)
  await listen()
  t.teardown(async () => {
    await stop()
    await simulator.close()
  })
  return { authority, simulator, requests, fail, heal, letGo: async () => { await Promise.all(closed) } }

  function answer (request: IncomingMessage, response: ServerResponse): void {
    const endpoint = places.find(([end]) => request.url!.endsWith(end))![1]
    requests[endpoint] += 1
    // From the answer to this request on nobody listens, so that the next one is refused.
    if (broken?.fault === 'down') {
      listener.close()
      response.shouldKeepAlive = false
    } else if (broken?.endpoint === endpoint) {
      closed.push(once(response, 'close'))
      return broken.fault(request, response)
    }
    server.routing(request, response)
  }

  async function fail (endpoint: Endpoint, fault: Fault): Promise<void> {
    broken = { endpoint, fault }
    if (endpoint === 'token' && fault === 'down') await stop()
  }

  async function heal (): Promise<void> {
    broken = null
    closed = []
    await stop()
    await listen()
  }

  async function listen (): Promise<void> {
    await once(listener.listen(port, 'localhost'), 'listening')
  }

  async function stop (): Promise<void> {
    const isClosed = new Promise((resolve) => listener.close(resolve))
    listener.closeAllConnections()
    await isClosed
  }
}
