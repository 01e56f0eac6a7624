import type { LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { type ErrorCode, statusOf } from '../../src/core/errors.ts'
import { newSession, seen } from '../plugins/session-cookie.ts'
import { type Engine, engines } from '../store/engines.ts'
import t from 'tap'
import { cases } from './cases.ts'
import type { World } from './world.ts'

/** Where a case can be tried. */
interface Needs {
  /** Why not here: for a case that needs a service. */
  readonly skip?: string | false
  /** The engines on which it is another trial. Default: all. */
  readonly on?: readonly Engine[]
}

/**
 * Tries one case of test/fixtures/abuse-cases.json on each engine.
 *
 * @param id - Such as `T01`.
 * @param rule - What must hold, in words.
 */
export function tries (id: string, rule: string, work: (t: Test, engine: Engine) => Promise<unknown>, { skip = false, on = engines }: Needs = {}): void {
  const found = cases.find((one) => one.id === id)
  if (found === undefined) throw new Error(`there is no case ${id}`)
  for (const engine of on) void t.test(`${id} ${found.name}: ${rule} (${engine.name})`, { skip }, async (t) => { await work(t, engine) })
}

/** How an attack must end. */
export interface Refusal {
  readonly code: ErrorCode
  /** Where it is another one than that of the code: 415, 405. */
  readonly status?: number
  /** `used`: the callback has bound the attempt, which is gone then. `kept`: nothing of it was used. */
  readonly attempt: 'used' | 'kept'
  /** How often the token endpoint may be asked. Default: once where the attempt is used, else never. */
  readonly token?: number
  /** Tables in which the attack may leave that it was tried, beside those that only count. Default: none. */
  readonly traces?: readonly string[]
}

/** What an attack gave. */
export interface Attacked {
  readonly response: LightMyRequestResponse
  /** Texts that it has sent: none may come back. */
  readonly sent?: readonly string[]
}

/**
 * An attack is refused, and nothing else changes: the code is stable and nothing of the request comes back; the store
 * is equal row by row, but for the audit, used attempts and what limits count; there is no session, and the victim's is untouched; nobody
 * but Microsoft was asked for anything, and no more often than needed; no secret is in the log; and a second try ends as the first.
 */
export async function isRefused (t: Test, world: World, title: string, expected: Refusal, attack: () => Promise<Attacked | LightMyRequestResponse>): Promise<void> {
  for (const round of ['first', 'second']) {
    const before = await stateOf(world, expected.traces)
    const attacked = await attack()
    const { response, sent = [] } = 'response' in attacked ? attacked : { response: attacked }
    const complaints = complaintsAbout(response, sent, expected)
    const after = await stateOf(world, expected.traces)
    if (after.rows !== before.rows) complaints.push('the store has changed')
    const used = expected.attempt === 'used' ? 1 : 0
    if (after.used - before.used !== used) complaints.push(`${after.used - before.used} attempts were used, and not ${used}`)
    const token = expected.token ?? used
    if (after.token - before.token !== token) complaints.push(`the token endpoint was asked ${after.token - before.token} times, and not ${token}`)
    const strangers = world.contacted.slice(before.contacted).filter((host) => host !== 'login.microsoftonline.com')
    if (strangers.length > 0) complaints.push(`asked ${strangers.join()}`)
    const found = world.canaries.foundIn(world.log().slice(before.log))
    if (found.length > 0) complaints.push(`${found.length} secrets are in the log`)
    if (after.victim !== world.victim.id) complaints.push('the victim is signed out')
    t.same(complaints, [], `${title} (${round} try)`)
  }
}

/** Tables that only say that something was tried. */
const counted = ['used_attempts', 'code_events']

async function stateOf (world: World, traces: readonly string[] = []): Promise<{ rows: string, used: number, token: number, contacted: number, log: number, victim: unknown }> {
  const victim = await seen(world, world.victim.cookie)
  return {
    rows: await world.rows([...counted, ...traces]),
    used: await world.usedAttempts(),
    token: world.simulator.requests.token,
    contacted: world.contacted.length,
    log: world.log().length,
    victim: (victim.json() as { id?: unknown }).id
  }
}

function complaintsAbout (response: LightMyRequestResponse, sent: readonly string[], { code, status = statusOf(code) }: Refusal): string[] {
  const complaints: string[] = []
  const body = readJson(response.body)
  const is = `${response.statusCode} ${String(body.code)}`
  if (is !== `${status} ${code}`) complaints.push(`ended with ${is}, and not ${status} ${code}`)
  const whole = response.body + JSON.stringify(response.headers)
  if (sent.some((text) => text.length > 3 && whole.includes(text))) complaints.push('something of the request comes back')
  if (newSession(response) !== null) complaints.push('there is a session')
  return complaints
}

/** What is no JSON ended otherwise than in a refusal. */
function readJson (text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
