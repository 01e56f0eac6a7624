import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { startSimulator } from '../../plugins/simulator/create.ts'
import { readOptions } from '../../src/core/options.ts'
import { type SimulatorOptions, simulatorOptionRules } from '../../src/simulator/options.ts'

/** A simulated Microsoft in this process that servers in other processes reach over loopback. */
export interface SimulatedMicrosoft {
  /** For the provider's option `authority`. */
  readonly authority: string
  readonly clientId: string
  readonly clientSecret: string
  /** How many requests each endpoint has had. */
  readonly requests: Readonly<Record<string, number>>
}

/** Starts it. The port is the system's choice; it ends with the test. */
export async function startSimulatedMicrosoft (t: Pick<Test, 'teardown'>, options: SimulatorOptions): Promise<SimulatedMicrosoft> {
  // Longer than any test: a connection that is closed just when it is used again looks like a server that died.
  const listener = createServer({ keepAliveTimeout: 600_000 }).listen(0, 'localhost')
  await once(listener, 'listening')
  const authority = `http://localhost:${(listener.address() as AddressInfo).port}`
  const { server, simulator } = startSimulator(authority, readOptions<SimulatorOptions>('simulator', simulatorOptionRules, options))
  await server.ready()
  listener.on('request', server.routing)
  t.teardown(async () => {
    listener.closeAllConnections()
    listener.close()
    await simulator.close()
  })
  return { authority, clientId: simulator.clientId, clientSecret: simulator.clientSecret, requests: simulator.requests as unknown as Record<string, number> }
}
