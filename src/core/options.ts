import { ConfigurationError } from './errors.ts'

/** How one option is checked and described. The tables of docs/options.md are written from these. */
export interface OptionRule<Value> {
  /** Whether it must be given. */
  required?: boolean
  /** The value where the option is left out; none means that it stays undefined. */
  default?: Value
  /** Shown in the documents in place of a default that is not a plain value. */
  defaultText?: string
  /** Whether `value` may be given. */
  check: (value: unknown) => boolean
  /** What may be given, after 'must be': 'an integer from 50 to 100'. */
  expected: string
  /** What to do about it, where the expectation alone does not say. */
  remedy?: string
  /** Whether the value is kept out of messages. */
  secret?: boolean
  /** One line for the documents: unit and consequence. */
  about: string
}

/** The rules of one plugin's options, one each. The type makes sure that none is forgotten. */
export type OptionRules<Options> = {
  readonly [Name in keyof Required<Options>]: OptionRule<Exclude<Options[Name], undefined>>
}

/** Options after {@link readOptions}: what has a default is there. */
export type Resolved<Options> = Readonly<Options>

/**
 * Checks options once, at registration, fills in defaults and freezes the
 * result. The caller's object is never changed.
 *
 * @param plugin - Name of the plugin, for the message.
 * @throws ConfigurationError naming the option, what was given and the remedy.
 */
export function readOptions<Options extends object> (
  plugin: string, rules: OptionRules<Options>, given: object
): Resolved<Options> {
  const table = rules as Record<string, OptionRule<unknown>>
  const names = Object.keys(table)
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(table, name)) throw unknownOption(plugin, name, names)
  }
  const resolved: Record<string, unknown> = {}
  for (const name of names) {
    const rule = table[name]!
    const value = (given as Record<string, unknown>)[name]
    if (value === undefined && rule.required === true) {
      throw wrongOption(plugin, name, rule, 'nothing')
    } else if (value === undefined) {
      if (rule.default !== undefined) resolved[name] = rule.default
    } else {
      const taken = take(rule, value)
      if (taken === null) throw wrongOption(plugin, name, rule, rule.secret === true ? 'something else (it is not shown here)' : show(value))
      resolved[name] = taken.copy
    }
  }
  return Object.freeze(resolved) as Resolved<Options>
}

/** What may be given, copied; `null` for what may not. An object that throws as soon as somebody looks into it may not. */
function take (rule: OptionRule<unknown>, value: unknown): { copy: unknown } | null {
  try {
    return rule.check(value) ? { copy: freezeCopy(value) } : null
  } catch {
    return null
  }
}

function unknownOption (plugin: string, name: string, names: string[]): Error {
  const [near] = names.map((known) => ({ known, far: distance(fold(known), fold(name)) }))
    .filter(({ far }) => far <= 2).sort((a, b) => a.far - b.far)
  const remedy = near === undefined
    ? `The options are ${names.join(', ')}.`
    : `Did you mean "${near.known}"?`
  return new ConfigurationError(`${plugin}: there is no option "${name}". ${remedy}`)
}

/** `useEmailAsIdentifier` is `use_email_as_identifier` to whoever writes it. */
function fold (name: string): string {
  return name.toLowerCase().replaceAll('_', '')
}

function wrongOption (plugin: string, name: string, rule: OptionRule<unknown>, given: string): Error {
  const remedy = rule.remedy === undefined ? '' : ` ${rule.remedy}`
  return new ConfigurationError(`${plugin}: option "${name}" must be ${rule.expected}, but ${given} was given.${remedy}`)
}

/** A value as a person wrote it, cut to a line. */
function show (value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'number') return String(value)
  const text = jsonOf(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

/** Objects may hold themselves, what JSON has no word for, or a `toJSON` of their own, which may do anything. */
function jsonOf (value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'something that cannot be shown'
  } catch {
    return 'something that cannot be shown'
  }
}

function freezeCopy (value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze([...value])
  const plain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  return plain ? Object.freeze({ ...value }) : value
}

/** Levenshtein distance, to name the option that was meant. */
function distance (a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, substitution)
    }
    row = next
  }
  return row[b.length]!
}

/** Checks that many options share. */
export const is = {
  boolean: (value: unknown): boolean => typeof value === 'boolean',
  function: (value: unknown): boolean => typeof value === 'function',
  object: (value: unknown): boolean => typeof value === 'object' && value !== null,
  text: (value: unknown): boolean => typeof value === 'string' && value.trim() !== '' && value === value.trim(),
  /** A name by which something can be decorated. */
  identifier: (value: unknown): boolean => typeof value === 'string' && /^[A-Za-z_$][\w$]*$/.test(value),
  integer: (from: number, to: number) => (value: unknown): boolean =>
    Number.isInteger(value) && (value as number) >= from && (value as number) <= to,
  oneOf: (...values: string[]) => (value: unknown): boolean => values.includes(value as string),
  listOf: (check: (value: unknown) => boolean) => (value: unknown): boolean =>
    Array.isArray(value) && value.every(check),
  /** A path of this server: starts with one slash, and is the same after it was parsed. */
  path: (value: unknown): boolean => {
    if (typeof value !== 'string' || !value.startsWith('/')) return false
    const url = URL.parse(value, 'http://host.invalid')
    return url !== null && url.host === 'host.invalid' && url.pathname === value && !/[:*%]/.test(value)
  },
  /** An absolute http or https URL without user information. */
  url: (value: unknown): boolean => {
    const url = typeof value === 'string' ? URL.parse(value) : null
    return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
  },
  /** A scheme and a host, nothing behind it. */
  origin: (value: unknown): boolean => is.url(value) && URL.parse(value as string)!.origin === value
}
