import type { Simulator } from './create.ts'

/** Where a Fastify instance keeps its {@link Simulator}: a symbol, so that no application's decorator clashes. */
export const simulatorKey: unique symbol = Symbol.for('fastify-entra.simulator')

declare module 'fastify' {
  interface FastifyInstance {
    [simulatorKey]: Simulator
  }
}
