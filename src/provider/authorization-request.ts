import { refuse } from '../core/errors.ts'
import { mergeScopes, normalScope } from '../core/scopes.ts'

/** What a link to the start route may ask for. Everything else is fixed by the configuration (abuse cases O13, O14). */
export interface SignInHints {
  /** Fills in the account name at Microsoft. */
  readonly login_hint?: string
  /** Skips Microsoft's question for the kind of account: `organizations`, `consumers` or a domain name. */
  readonly domain_hint?: string
  readonly prompt?: 'login' | 'none' | 'consent' | 'select_account'
  /** How long ago the person may have shown who they are at Microsoft, in seconds. The ID token must say when that was. */
  readonly max_age?: number
  /** Languages of Microsoft's pages, best first: tags of BCP 47, separated by spaces. */
  readonly ui_locales?: string
  /** Scopes that are asked for beside those of the options. */
  readonly provider_scopes?: readonly string[]
}

/** What the options let a link ask for. */
export interface AllowedHints {
  /** Asked for in any case. */
  readonly scopes: readonly string[]
  readonly allowedScopes: readonly string[]
  readonly uiLocales: readonly string[]
}

const prompts = ['login', 'none', 'consent', 'select_account']
/** As long as the claim of this name may be that comes back with a token: it is what Microsoft wants to be hinted with. */
const printable = /^[\x21-\x7e]{1,1024}$/
const domain = /^[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?$/i
/** Up to three years; no more than a safe integer of milliseconds in any case. */
const seconds = /^\d{1,8}$/
/** Lists are short: they go into a URL, and scopes into the cookie of the attempt. */
const longestList = 1_024
const scopesAtMost = 20
const languagesAtMost = 5

/**
 * Reads the hints from a query, and leaves what it does not know alone.
 *
 * @throws invalid_request where a hint is given twice, cannot be one, or asks for what the options do not allow.
 */
export function readHints (query: Readonly<Record<string, unknown>>, allowed: AllowedHints): SignInHints {
  const provider = textOf(query, 'provider')
  if (provider !== undefined && provider !== 'MicrosoftOAuth') throw malformed('provider')
  return {
    ...hint(query, 'login_hint', (value) => printable.test(value)),
    ...hint(query, 'domain_hint', (value) => domain.test(value)),
    ...hint(query, 'prompt', (value) => prompts.includes(value)),
    ...maxAge(query),
    ...languages(query, allowed),
    ...furtherScopes(query, allowed)
  }
}

/** The parameters of the authorization request that hints stand for. Scopes are not among them: they are one parameter with those of the options. */
export function parametersOf ({ provider_scopes: _scopes, max_age: age, ...texts }: SignInHints): Record<string, string> {
  return age === undefined ? texts : { ...texts, max_age: String(age) }
}

type TextHint = 'login_hint' | 'domain_hint' | 'prompt'

function hint (query: Readonly<Record<string, unknown>>, name: TextHint, isValid: (value: string) => boolean): SignInHints {
  const value = textOf(query, name)
  if (value === undefined) return {}
  if (!isValid(value)) throw malformed(name)
  return { [name]: value }
}

function maxAge (query: Readonly<Record<string, unknown>>): SignInHints {
  const value = textOf(query, 'max_age')
  if (value === undefined) return {}
  if (!seconds.test(value)) throw malformed('max_age')
  return { max_age: Number(value) }
}

/** Tags are the same in either letter case (RFC 5646 section 2.1.1); Microsoft gets the spelling of the option. */
function languages (query: Readonly<Record<string, unknown>>, { uiLocales }: AllowedHints): SignInHints {
  const asked = listOf(query, 'ui_locales', / +/, languagesAtMost)
  if (asked === undefined) return {}
  const found = asked.map((tag) => uiLocales.find((language) => language.toLowerCase() === tag.toLowerCase()))
  if (found.includes(undefined)) throw unlisted('ui_locales', 'uiLocales')
  return { ui_locales: [...new Set(found)].join(' ') }
}

/** Scopes are compared as Microsoft does: in either letter case, with or without the address of Graph. */
function furtherScopes (query: Readonly<Record<string, unknown>>, { scopes, allowedScopes }: AllowedHints): SignInHints {
  const asked = listOf(query, 'provider_scopes', /[ ,]+/, scopesAtMost)
  if (asked === undefined) return {}
  const listed = [...scopes, ...allowedScopes].map(normalScope)
  if (!asked.every((scope) => listed.includes(normalScope(scope)))) throw unlisted('provider_scopes', 'allowedScopes')
  const standing = scopes.map(normalScope)
  const further = mergeScopes(asked).filter((scope) => !standing.includes(normalScope(scope)))
  return further.length === 0 ? {} : { provider_scopes: further }
}

function listOf (
  query: Readonly<Record<string, unknown>>, name: 'ui_locales' | 'provider_scopes', separator: RegExp, most: number
): string[] | undefined {
  const value = textOf(query, name)
  if (value === undefined) return undefined
  const members = value.length > longestList ? [] : value.split(separator).filter((member) => member !== '')
  if (members.length === 0 || members.length > most) throw malformed(name)
  return members
}

/** A parameter that comes twice is a list to Fastify, and refused. */
function textOf (query: Readonly<Record<string, unknown>>, name: keyof SignInHints | 'provider'): string | undefined {
  const value = query[name]
  if (value !== undefined && typeof value !== 'string') throw malformed(name)
  return value
}

function malformed (name: string): Error {
  return refuse('invalid_request', `malformed_${name}`)
}

/** What was asked for is not named: it comes from the request. */
function unlisted (name: string, option: string): Error {
  return refuse('invalid_request', { reason: `unlisted_${name}`, remedy: `Links may ask for what option "${option}" lists, and for nothing else.` })
}
