import { BoundedMap } from '../core/bounded-map.ts'
import { elapsed, type Environment } from '../core/environment.ts'
import { type EntraError, refuse } from '../core/errors.ts'
import { createRetrieval, type Retrieval } from '../core/retrieval.ts'
import { TimedOut, within } from '../core/within.ts'
import { refuseToken } from './refusals.ts'

/** Decides whether a tenant may sign in. `tid` is a lower-case GUID. */
export type AllowTenant = (tid: string) => boolean | Promise<boolean>

/** How an application is asked about tenants. */
export interface TenantGateOptions {
  readonly ask: AllowTenant
  /** Milliseconds for which an answer is waited for. */
  readonly timeout: number
  /** Milliseconds for which sessions go by an answer before it is asked for again. */
  readonly cache: number
  /** Is told what `ask` threw. */
  readonly onFailure: (failure: unknown) => void
}

/** The application's own say about tenants. */
export interface TenantGate {
  /**
   * Asks about a tenant that signs in, each time.
   *
   * @throws tenant_not_allowed; server_error where there is no answer.
   */
  readonly admit: (tid: string) => Promise<void>
  /**
   * Whether sessions of a tenant may go on.
   *
   * @throws server_error where there is no answer, and no earlier one that still stands.
   */
  readonly allows: (tid: string) => Promise<boolean>
}

interface Answer {
  readonly allowed: boolean
  /** When it was asked for, in milliseconds since 1970. */
  readonly at: number
}

interface Known {
  answer: Answer | null
  readonly askAgain: Retrieval<boolean>
}

/** How long a yes stands while no newer answer can be had, in milliseconds: an outage of whatever is asked signs nobody out. */
const staleAtMost = 3_600_000
/** How long a failure to answer stands, so that not every request waits for the next one. */
const pause = 10_000
const knownAtMost = 1_000

/**
 * Asks the application about tenants. Only `true` lets anybody in. Sessions
 * go by the last answer for a while; where no new one can be had they are left
 * as they are: an old yes stands for an hour, and after that requests are refused.
 */
export function createTenantGate (options: TenantGateOptions, environment: Pick<Environment, 'now'>): TenantGate {
  const tenants = new BoundedMap<string, Known>(knownAtMost)
  return Object.freeze({ admit, allows })

  async function admit (tid: string): Promise<void> {
    if (!await ask(tid)) throw refuseToken('tenant')
  }

  async function allows (tid: string): Promise<boolean> {
    const { answer, askAgain } = knownOf(tid)
    if (answer !== null && elapsed(environment, answer.at) < options.cache) return answer.allowed
    try {
      return await askAgain(pause)
    } catch (error) {
      if (answer?.allowed === true && elapsed(environment, answer.at) < staleAtMost) return true
      throw error
    }
  }

  async function ask (tid: string): Promise<boolean> {
    const at = environment.now()
    const allowed = readAnswer(await askInTime(tid))
    const known = knownOf(tid)
    // A no that came meanwhile is not undone by a yes that was asked for before.
    if (known.answer === null || known.answer.at <= at) known.answer = { allowed, at }
    return allowed
  }

  async function askInTime (tid: string): Promise<unknown> {
    try {
      return await within<unknown>(options.timeout, async () => await options.ask(tid))
    } catch (error) {
      if (error instanceof TimedOut) throw unanswered('timed_out', `It took longer than ${options.timeout} ms (option "allowedTenantsTimeout").`)
      options.onFailure(error)
      throw unanswered('threw', 'It threw. To refuse a tenant, let it return false.')
    }
  }

  /** The ones that were asked about longest ago go first. */
  function knownOf (tid: string): Known {
    const known = tenants.get(tid) ?? { answer: null, askAgain: createRetrieval(async () => await ask(tid), environment) }
    tenants.set(tid, known)
    return known
  }
}

function readAnswer (answer: unknown): boolean {
  if (typeof answer !== 'boolean') throw unanswered('answer', `It gave a value of type ${typeof answer}. Let it return true or false.`)
  return answer
}

function unanswered (what: 'timed_out' | 'threw' | 'answer', remedy: string): EntraError {
  return refuse('server_error', { reason: `allowed_tenants_${what}`, remedy: `Option "allowedTenants" did not answer. ${remedy}` })
}
