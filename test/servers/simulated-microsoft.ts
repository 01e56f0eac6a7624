import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { type Simulator, startSimulator } from '../../plugins/simulator/create.ts'
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
  readonly simulator: Simulator
}

/** Starts it, with TLS where a key and a certificate are given. The port is the system's choice; it ends with the test. */
export async function startSimulatedMicrosoft (t: Pick<Test, 'teardown'>, options: SimulatorOptions, tls?: { key: string, cert: string }): Promise<SimulatedMicrosoft> {
  // Longer than any test: a connection that is closed just when it is used again looks like a server that died.
  const patience = { keepAliveTimeout: 600_000 }
  const listener = tls === undefined ? createServer(patience) : createTlsServer({ ...patience, ...tls })
  await once(listener.listen(0, 'localhost'), 'listening')
  const authority = `http${tls === undefined ? '' : 's'}://localhost:${(listener.address() as AddressInfo).port}`
  const { server, simulator } = startSimulator(authority, readOptions<SimulatorOptions>('simulator', simulatorOptionRules, options))
  await server.ready()
  listener.on('request', server.routing)
  t.teardown(async () => {
    listener.closeAllConnections()
    listener.close()
    await simulator.close()
  })
  return { authority, clientId: simulator.clientId, clientSecret: simulator.clientSecret, requests: simulator.requests as unknown as Record<string, number>, simulator }
}
