import Fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import entra, { type EntraOptions } from '../../plugins/fastify-entra.ts'
import type { FetchLimits } from '../../src/core/environment.ts'
import { signingKeys } from '../../src/simulator/keys.ts'
import { dump, program } from '../plugins/app.ts'
import { seededBytes } from '../random.ts'
import { type FailingMicrosoft, startFailingMicrosoft } from './failing-microsoft.ts'

/** An application that asks a Microsoft that may fail, over real HTTP. */
export interface ExposedApp {
  readonly microsoft: FailingMicrosoft
  readonly app: FastifyInstance
  readonly clock: { now: number }
  readonly log: () => string
  /** All rows but those of used attempts and of the audit. */
  readonly rows: () => Promise<string>
  /** Ada signs in. */
  readonly signIn: () => Promise<LightMyRequestResponse>
  /** Sends a callback again, cookies and all. */
  readonly again: (callback: LightMyRequestResponse) => Promise<LightMyRequestResponse>
}

export const clientSecret = 'canary~client~secret'

/**
 * @param limits - What an answer may cost.
 * @param beginning - `isDown`: whether Microsoft is away from the start.
 */
export async function exposedApp (
  t: Pick<Test, 'teardown'>, limits: FetchLimits, options: Partial<EntraOptions> = {}, { isDown = false } = {}
): Promise<ExposedApp> {
  await signingKeys()
  const clock = { now: Date.UTC(2021, 10, 22) }
  const now = (): number => clock.now
  const microsoft = await startFailingMicrosoft(t, {
    clientSecret, redirectUris: ['https://app.example/auth/microsoft/callback'], environment: { now, randomBytes: seededBytes('simulator') }
  })
  if (isDown) await microsoft.fail('token', 'down')
  const lines: string[] = []
  const app = Fastify({ trustProxy: true, logger: { level: 'trace', stream: { write: (line: string) => { lines.push(line) } } } })
  await app.register(entra, {
    baseUrl: 'https://app.example',
    clientId: microsoft.simulator.clientId,
    clientSecret,
    authority: microsoft.authority,
    secrets: ['test-secret-of-at-least-32-characters'],
    database: ':memory:',
    environment: { now, randomBytes: seededBytes('application'), limits },
    ...options
  })
  await app.ready()
  t.teardown(async () => await app.close())
  return {
    microsoft,
    app,
    clock,
    log: () => lines.join(''),
    rows: async () => await dump(app, ['audit', 'used_attempts']),
    signIn: async () => (await microsoft.simulator.signIn(app, 'ada', { headers: program })).response,
    again: async ({ raw: { req } }) => await app.inject({ url: req.url!, headers: req.headers as Record<string, string> })
  }
}
