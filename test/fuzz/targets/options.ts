import fc from 'fast-check'
import { ConfigurationError } from '../../../src/core/errors.ts'
import { type OptionRule, readOptions } from '../../../src/core/options.ts'
import { type Rules, tables } from '../../../tools/tables.ts'
import type { Outcome, Target } from '../fuzz.ts'
import { text, value } from '../inputs.ts'

/** A value that JSON cannot hold, by its name. */
export const strangeValues: Readonly<Record<string, () => unknown>> = {
  NaN: () => NaN,
  Infinity: () => Infinity,
  '-0': () => -0,
  bigint: () => 10n,
  symbol: () => Symbol('x'),
  function: () => () => {},
  'async function': () => async () => {},
  class: () => class {},
  'date that is none': () => new Date(NaN),
  date: () => new Date(0),
  'regular expression': () => /x/g,
  map: () => new Map([['a', 1]]),
  buffer: () => Buffer.from('x'),
  url: () => new URL('https://app.example'),
  promise: () => Promise.resolve('x'),
  'without a prototype': () => Object.create(null),
  circle: () => circle(),
  'list with a circle': () => [circle()],
  'with a bigint': () => ({ a: 1n }),
  'with a toJSON that throws': () => ({ toJSON: () => { throw new Error('secret text') } }),
  'with a toJSON that gives nothing': () => ({ toJSON: () => undefined }),
  'with a toString that throws': () => ({ toString: () => { throw new Error('secret text') } }),
  'with a getter that throws': () => ({ get a () { throw new Error('secret text') } }),
  'proxy that throws': () => new Proxy({}, { get: () => { throw new Error('secret text') }, ownKeys: () => { throw new Error('secret text') } }),
  'revoked proxy': () => revoked(),
  'list with holes': () => Array(3),
  'boxed text': () => Object('text') as unknown,
  'deep list': () => JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)) as unknown,
  error: () => new Error('x'),
  'own __proto__': () => JSON.parse('{"__proto__":{"a":1}}') as unknown
}

function circle (): unknown {
  const one: Record<string, unknown> = {}
  one.self = one
  return one
}

function revoked (): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

/** A value as JSON has it, or the name of a strange one; in a list or an object where a level is given. */
export type Described = { readonly plain: unknown } | { readonly strange: string, readonly inside: 'list' | 'object' | null }

export const described: fc.Arbitrary<Described> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ plain: fc.oneof(value, fc.constantFrom<unknown>('https://app.example', 'https://app.example/', 'http://localhost:3000', '/a', '/a?b', '//a', 'common', '5f3c1a52-0d7b-4b8e-9a61-2c4d8e7f1a10', ['openid', 'profile'], 50, 100, 0.5, 1e21, ['https://*.a.example'], {})) }) },
  { weight: 4, arbitrary: fc.record({ strange: fc.constantFrom(...Object.keys(strangeValues)), inside: fc.constantFrom('list', 'object', null) }) }
)

export function valueOf (one: Described): unknown {
  if ('plain' in one) return one.plain
  const made = strangeValues[one.strange]!()
  return one.inside === 'list' ? [made] : one.inside === 'object' ? { a: made } : made
}

interface Input {
  readonly table: string
  /** A name of the table by its number, or another one. */
  readonly option: number | string
  readonly value: Described
}

export const options: Target<Input> = {
  name: 'options',
  rule: 'a wrong option is refused by a ConfigurationError that names it, whatever it is',
  input: fc.record({ table: fc.constantFrom(...Object.keys(tables)), option: fc.oneof({ weight: 9, arbitrary: fc.nat(60) }, { weight: 1, arbitrary: text }), value: described }),
  reaches: ['taken', 'refused', 'unknown'],
  open: () => ({
    attempt: ({ table, option, value }) => tryOption(tables[table]!, option, valueOf(value)),
    control: () => [tryOption(tables.verification!, 'threshold', 90)].filter(({ outcome }) => outcome !== 'taken').map(({ outcome }) => `a right option is ${outcome}`)
  })
}

function tryOption (rules: Rules, option: number | string, given: unknown): Outcome {
  const names = Object.keys(rules)
  const name = typeof option === 'string' ? option : names[option % names.length]!
  // What must be given as well is not what is tried.
  const table = Object.fromEntries(Object.entries(rules as Record<string, OptionRule<unknown>>).map(([one, rule]) => [one, one === name ? rule : { ...rule, required: false }]))
  try {
    readOptions('the plugin', table, Object.fromEntries([[name, given]]))
    return { outcome: 'taken', complaints: Object.hasOwn(rules, name) ? [] : ['took an option that there is not'] }
  } catch (error) {
    return { outcome: Object.hasOwn(rules, name) ? 'refused' : 'unknown', complaints: complaintsAbout(error, name) }
  }
}

/** A mistake in the options is told in one way. */
export function complaintsAbout (error: unknown, name: string): string[] {
  if (!(error instanceof ConfigurationError)) return [`threw ${error instanceof Error ? String(error.stack) : String(error)}`]
  const complaints: string[] = []
  if (!error.message.includes(name)) complaints.push(`does not name "${name}": ${error.message}`)
  if (error.message.includes('secret text')) complaints.push('shows what a value of the application has thrown')
  return complaints
}
