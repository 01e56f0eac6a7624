import { Fault } from './errors.ts'

/** The parameters of a request by name, each with its one value. */
export type Parameters = ReadonlyMap<string, string>

/**
 * Reads form-encoded texts (a query string, a body) as one set of parameters.
 * A parameter without a value counts as not sent (RFC 6749 section 3.1).
 *
 * @throws Fault 9000411 where a parameter was sent more than once.
 */
export function readParameters (...texts: string[]): Parameters {
  const parameters = new Map<string, string>()
  for (const text of texts) {
    for (const [name, value] of new URLSearchParams(text)) {
      if (value === '') continue
      if (parameters.has(name)) throw new Fault(9000411, `Its name is ${name}.`)
      parameters.set(name, value)
    }
  }
  return parameters
}

/** A body as parameters can be read from it: nothing, where it is no form, as at Microsoft. */
export function formBody (body: string, contentType: string | undefined): string {
  return /^application\/x-www-form-urlencoded *(?:;|$)/i.test(contentType ?? '') ? body : ''
}

/**
 * A parameter that must be there.
 *
 * @throws Fault 900144 that names it.
 */
export function requireParameter (parameters: Parameters, name: string): string {
  const value = parameters.get(name)
  if (value === undefined) throw new Fault(900144, `Its name is ${name}.`)
  return value
}
