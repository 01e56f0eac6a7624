import { refuse } from '../core/errors.ts'

/** What a link to the start route may ask for. Everything else is fixed by the configuration (abuse cases O13, O14). */
export interface SignInHints {
  /** Fills in the account name at Microsoft. */
  readonly login_hint?: string
  /** Skips Microsoft's question for the kind of account: `organizations`, `consumers` or a domain name. */
  readonly domain_hint?: string
  readonly prompt?: 'login' | 'none' | 'consent' | 'select_account'
}

const prompts = ['login', 'none', 'consent', 'select_account']
const printable = /^[\x21-\x7e]{1,256}$/
const domain = /^[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?$/i

/**
 * Reads the hints from a query, and leaves what it does not know alone.
 *
 * @throws invalid_request where a hint is given twice or cannot be one.
 */
export function readHints (query: Readonly<Record<string, unknown>>): SignInHints {
  if (query.provider !== undefined && query.provider !== 'MicrosoftOAuth') throw malformed('provider')
  return {
    ...hint('login_hint', (value) => printable.test(value)),
    ...hint('domain_hint', (value) => domain.test(value)),
    ...hint('prompt', (value) => prompts.includes(value))
  }

  function hint (name: keyof SignInHints, isValid: (value: string) => boolean): SignInHints {
    const value = query[name]
    if (value === undefined) return {}
    if (typeof value !== 'string' || !isValid(value)) throw malformed(name)
    return { [name]: value }
  }
}

function malformed (name: string): Error {
  return refuse('invalid_request', `malformed_${name}`)
}
