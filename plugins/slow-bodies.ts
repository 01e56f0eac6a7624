import type { FastifyRequest } from 'fastify'

/** Milliseconds for a body of some kilobytes, where the server itself has no limit. */
const patience = 30_000

/**
 * Closes the connection of a client that takes too long to send its body
 * (abuse case D02). Node gives each request five minutes, and Fastify takes
 * that away (its option `requestTimeout` is 0): whoever sends an octet a
 * minute to a route that anybody may post to would keep a connection for
 * ever. Where the application gives `requestTimeout`, that is the limit here too.
 */
export async function limitBodyTime ({ raw, server }: FastifyRequest): Promise<void> {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = raw.headers
  if (length === '0' && encoding === undefined) return
  // HTTP/2 servers know no such limit.
  const timer = setTimeout(() => { raw.destroy() }, server.server.requestTimeout || patience)
  timer.unref()
  for (const event of ['end', 'close']) raw.once(event, () => clearTimeout(timer))
}
