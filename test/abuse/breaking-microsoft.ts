import { once } from 'node:events'
import { Agent, createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Test } from 'tap'
import type { FetchLimits } from '../../src/core/environment.ts'
import type { Setting } from './world.ts'

/** What an application asks Microsoft for by itself. */
export type Endpoint = 'token' | 'keys' | 'discovery'

/** A Microsoft of which one endpoint breaks, and heals. */
export interface BreakingMicrosoft {
  /** For `startWorld`. */
  readonly setting: Pick<Setting, 'wrapFetch' | 'wrapAgent'>
  readonly limits: { timeout: number, size: number }
  readonly fail: (endpoint: Endpoint, fault: RequestListener) => void
  readonly heal: () => void
  /** How many requests have met a fault. */
  readonly met: () => number
  /** Waits until whoever got a wrong answer has let go of the connection. */
  readonly letGo: () => Promise<void>
}

const ends: Readonly<Record<Exclude<Endpoint, 'token'>, string>> = { keys: '/keys', discovery: '/openid-configuration' }

/** A fault answers on a port of loopback, by real HTTP; all else is the simulator's. */
export async function breakingMicrosoft (t: Pick<Test, 'teardown'>): Promise<BreakingMicrosoft> {
  let broken: { endpoint: Endpoint, fault: RequestListener } | null = null
  let met = 0
  let closed: Array<Promise<unknown>> = []
  const server = createServer((request, response) => {
    met += 1
    closed.push(once(response, 'close'))
    broken!.fault(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const limits: FetchLimits & { timeout: number } = { timeout: 300_000, size: 1_048_576 }
  return {
    setting: {
      wrapFetch: (fetch) => async (input, init) => {
        const url = new URL(input instanceof Request ? input.url : input)
        const isBroken = broken !== null && broken.endpoint !== 'token' && url.pathname.endsWith(ends[broken.endpoint])
        return isBroken ? await globalThis.fetch(`http://127.0.0.1:${port}${url.pathname}`, init) : await fetch(input, init)
      },
      wrapAgent: (agent) => detour(agent, () => broken?.endpoint === 'token' ? connect(port, '127.0.0.1') : null)
    },
    limits,
    fail: (endpoint, fault) => { broken = { endpoint, fault } },
    heal: () => {
      broken = null
      closed = []
    },
    met: () => met,
    letGo: async () => { await Promise.all(closed) }
  }
}

/** An agent that goes another way where there is one. What it needs is in its class: its fields are cloned. */
function detour (agent: Agent, elsewhere: () => Duplex | null): Agent {
  class Detour extends Agent {
    readonly protocol = 'https:'

    override createConnection (...given: Parameters<Agent['createConnection']>): Duplex {
      return elsewhere() ?? agent.createConnection(...given)!
    }
  }
  return new Detour()
}
