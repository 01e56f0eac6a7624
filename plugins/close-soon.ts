import type { FastifyInstance } from 'fastify'

/** Milliseconds between two looks at the connections. */
const pause = 50

/**
 * Lets an application close as soon as the requests under way are answered.
 * Fastify closes the connections that nobody uses when closing begins, and
 * waits for the others; one whose answer comes after that stays open for as
 * long as connections are kept (72 seconds), and a process that was told to
 * end is killed meanwhile. A proxy always has such connections.
 */
export function closeSoon (app: FastifyInstance): void {
  let timer: NodeJS.Timeout | undefined
  app.addHook('preClose', async () => {
    // Nobody has an HTTP/2 server close connections one by one.
    timer = setInterval(() => app.server.closeIdleConnections?.(), pause)
  })
  app.addHook('onClose', async () => clearInterval(timer))
}
