import type { Test } from 'tap'
import { needsPostgres } from '../services.ts'
import { type Child, startProgram } from '../servers/child.ts'
import { findFaults } from '../servers/invariants.ts'
import { type Answer, createLetterbox, createPerson } from '../servers/person.ts'
import { createPopulation, type Population } from '../servers/population.ts'
import { startProxy } from '../servers/proxy.ts'
import { startSimulatedMicrosoft } from '../servers/simulated-microsoft.ts'
import { tries } from './trial.ts'

/** A site of two servers on one database, each a process of its own, behind a proxy that gives each request to the next one. */
export interface Site {
  readonly population: Population
  /** Signs in, in a browser of its own. */
  readonly signIn: (account: string) => Promise<Answer>
  /** Starts one more server: of this program of the servers' folder. */
  readonly start: (program?: string) => Promise<Child>
  /** Stops all servers, and says what the database holds that it must not. Others may be started after it. */
  readonly stop: () => Promise<string[]>
  /** How often Microsoft was asked for tokens. */
  readonly tokenRequests: () => number
}

/** The same as `tries`, where processes of their own are wanted: they take a while. */
export const triesTogether: typeof tries = (...given) => {
  if (needsPostgres().skip === false) tries(...given)
}

/** Starts a site. No server is there yet. */
export async function startSite (t: Pick<Test, 'teardown'>, database: string, options: object = {}): Promise<Site> {
  const population = createPopulation({ vouched: 3, unproven: 0, twins: 3, extras: 0 })
  const proxy = await startProxy(t)
  const { authority, clientId, clientSecret, requests } = await startSimulatedMicrosoft(t, { tenants: population.tenants, accounts: population.accounts, redirectUris: [`${proxy.origin}/auth/microsoft/callback`] })
  const servers: Child[] = []
  const stop = async (): Promise<void> => {
    proxy.ports.clear()
    await Promise.all(servers.splice(0).map(async ({ kill }) => await kill()))
  }
  t.teardown(stop)
  return {
    population,
    signIn: async (account) => await createPerson(proxy.origin, createLetterbox()).signIn(account),
    start: async (program = 'server.ts') => {
      const server = await startProgram(program, [{ baseUrl: proxy.origin, authority, clientId, clientSecret, secrets: ['abused-site-secret-of-32-characters-or-more'], database, ...options }])
      servers.push(server)
      proxy.ports.add(server.port)
      return server
    },
    stop: async () => {
      await stop()
      return await findFaults(database)
    },
    tokenRequests: () => requests.token!
  }
}
