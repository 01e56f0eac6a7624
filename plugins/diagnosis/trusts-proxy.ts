import type { FastifyInstance } from 'fastify'

/**
 * Whether Fastify's option `trustProxy` is set. Fastify shows it nowhere but where it keeps all options; a test notices
 * where that changes.
 *
 * @returns `null` where it cannot be told.
 */
export function trustsProxy (app: FastifyInstance): boolean | null {
  const options = optionsOf(app)
  return options === null ? null : Boolean(options.trustProxy)
}

function optionsOf (app: object | null): Readonly<Record<string, unknown>> | null {
  if (app === null) return null
  const symbol = Object.getOwnPropertySymbols(app).find(({ description }) => description === 'fastify.options')
  if (symbol !== undefined) return (app as Record<symbol, Record<string, unknown>>)[symbol]!
  // A scope is made from the one around it.
  return optionsOf(Object.getPrototypeOf(app) as object | null)
}
