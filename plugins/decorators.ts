import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ConfigurationError } from '../src/core/errors.ts'

/**
 * Decorates requests, with `null` to begin with.
 *
 * @param option - The option that renames the decorator, for the message.
 * @throws ConfigurationError where another plugin has the name.
 */
export function decorateRequests (app: FastifyInstance, name: string, option: string): void {
  if (app.hasRequestDecorator(name)) throw clash('request', name, option)
  app.decorateRequest(name, null)
}

/**
 * Decorates requests with what a getter gives for each; see {@link decorateRequests}.
 *
 * @param valueOf - Called each time that the decorator is read.
 */
export function decorateRequestsLazily (app: FastifyInstance, name: string, option: string, valueOf: (request: FastifyRequest) => unknown): void {
  if (app.hasRequestDecorator(name)) throw clash('request', name, option)
  app.decorateRequest(name, { getter () { return valueOf(this as FastifyRequest) } })
}

/** Decorates the instance; see {@link decorateRequests}. */
export function decorateInstance (app: FastifyInstance, name: string, option: string, value: unknown): void {
  if (app.hasDecorator(name)) throw clash('app', name, option)
  app.decorate(name, value)
}

/**
 * Decorates the instance under a symbol, out of sight of whoever prints it, be it with all that is hidden:
 * what is there holds secrets, and a getter is not asked (abuse case X04).
 */
export function decorateHidden<Key extends symbol> (app: FastifyInstance, key: Key, value: unknown): void {
  app.decorate(key, { getter: () => value } as never)
}

function clash (on: string, name: string, option: string): Error {
  return new ConfigurationError(`fastify-entra: ${on}.${name} belongs to another plugin. Give ours another name by option "${option}".`)
}
