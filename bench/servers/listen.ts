import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** Listens at a port of the system's choice, tells it to whoever started the program, and ends with them. */
export async function listen (app: FastifyInstance): Promise<void> {
  await app.listen({ port: 0, host: 'localhost' })
  process.on('disconnect', () => process.exit())
  process.on('SIGTERM', () => { void app.close().then(() => process.exit()) })
  process.send!({ port: (app.server.address() as AddressInfo).port })
}
