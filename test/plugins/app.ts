import type { Agent } from 'node:http'
import type { Test } from 'tap'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import entra, { type EntraOptions } from '../../plugins/fastify-entra.ts'
import { createSimulator, type Simulator, type SimulatorKitOptions } from '../../plugins/simulator.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { signingKeys } from '../../src/simulator/keys.ts'
import { seededBytes } from '../random.ts'
import { watchAnswers } from './described.ts'

/** An application under test, with what a test looks at. */
export interface TestApp {
  readonly app: FastifyInstance
  readonly simulator: Simulator
  readonly clock: { now: number }
  /** All that was logged, at trace level. */
  readonly log: () => string
  /** All rows of users, identities, identifiers and the rest, as text: to show that nothing changed. The audit is not among them. */
  readonly rows: (exceptTables?: readonly string[]) => Promise<string>
}

interface Setting {
  readonly server?: FastifyServerOptions
  readonly simulator?: SimulatorKitOptions
  /** What the application registers before ours. */
  readonly before?: (app: FastifyInstance) => unknown
  /** Stands between the application and Microsoft's key sets and metadata. */
  readonly wrapFetch?: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch
  /** What stands between the application and Microsoft's token endpoint. */
  readonly wrapAgent?: (agent: Agent) => Agent
}

let apps = 0

/**
 * An https application that talks to Microsoft's real URLs, which a simulator answers.
 * All that its routes answer is compared with their schemas; the test fails where it does not fit.
 * Ids and secrets are the same in every run, and other ones in each application and each simulator.
 */
export async function httpsApp (t: Pick<Test, 'teardown'>, { environment, ...options }: Partial<EntraOptions> = {}, setting: Setting = {}): Promise<TestApp> {
  // They take a while to make, and nobody waits for them within the time-out of a request.
  await signingKeys()
  // Long ago: @fastify/session dates its cookie by the clock of the machine, and the browser here must not find it expired.
  const clock = { now: Date.UTC(2021, 10, 22) }
  const now = (): number => clock.now
  const number = ++apps
  const simulator = createSimulator({ redirectUris: ['https://app.example/auth/microsoft/callback'], environment: { now, randomBytes: seededBytes(`simulator ${number}`) }, ...setting.simulator })
  const lines: string[] = []
  const app = Fastify({
    trustProxy: true,
    logger: { level: 'trace', stream: { write: (line: string) => { lines.push(line) } } },
    ...setting.server
  })
  const complaints = watchAnswers(app)
  await setting.before?.(app)
  await app.register(entra, {
    baseUrl: 'https://app.example',
    clientId: simulator.clientId,
    clientSecret: simulator.clientSecret,
    secrets: ['test-secret-of-at-least-32-characters'],
    database: ':memory:',
    environment: { now, randomBytes: seededBytes(`application ${number}`), fetch: setting.wrapFetch?.(simulator.fetch) ?? simulator.fetch, agent: setting.wrapAgent?.(simulator.agent) ?? simulator.agent, ...environment },
    ...options
  })
  app.get('/me', { onRequest: app.requireUser }, (request) => request.user)
  app.get('/public', (request) => ({ user: request.user }))
  await app.ready()
  t.teardown(async () => {
    await app.close()
    await simulator.close()
    if (complaints().length > 0) throw new Error(`answers that do not fit their schemas:\n${complaints().join('\n')}`)
  })
  return { app, simulator, clock, log: () => lines.join(''), rows: async (except = []) => await dump(app, ['audit', ...except]) }
}

/** All rows of the tables of an application but some, as text. */
export async function dump (app: FastifyInstance, except: readonly string[]): Promise<string> {
  return await signInOf(app).database.run(async (db) => {
    const tables = (await db.introspection.getTables()).map(({ name }) => name).filter((name) => !except.includes(name)).sort()
    const rows = await Promise.all(tables.map(async (name) => [name, await db.selectFrom(name as 'users').selectAll().execute()]))
    return JSON.stringify(rows, null, 1)
  })
}

/** Headers that a browser sends for a navigation, through the proxy that ends TLS. */
export const navigation = { accept: 'text/html', 'x-forwarded-proto': 'https', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

/** Headers of a program that asks for JSON. */
export const program = { accept: 'application/json', 'x-forwarded-proto': 'https' }
