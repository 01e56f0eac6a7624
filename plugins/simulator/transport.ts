import type { Agent } from 'node:http'
import type { FastifyInstance, InjectOptions } from 'fastify'
import type { Environment } from '../../src/core/environment.ts'
import { createInProcessAgent } from '../../src/simulator/in-process-agent.ts'
import { graphPrefix } from './private-server.ts'

/** An agent for the token request: it reaches the private server, whatever host a URL names. */
export function createAgent (base: string, server: FastifyInstance): Agent {
  return createInProcessAgent(new URL(base).protocol, (socket) => {
    // The routes are there once the server is ready; until then the streams keep what was sent.
    void server.ready().then(() => server.server.emit('connection', socket))
  })
}

/**
 * A `fetch` for keys, metadata and Microsoft Graph: it reaches the private server for URLs
 * below the base and below Graph, and refuses all others, so that nothing leaves the process.
 *
 * @param graph - What the addresses of Graph start with, no slash at the end.
 */
export function createFetch (base: string, graph: string, server: FastifyInstance): Environment['fetch'] {
  return async (input, init) => {
    const request = new Request(input, init)
    request.signal.throwIfAborted()
    const url = request.url.startsWith(`${graph}/`) ? base + graphPrefix + request.url.slice(graph.length) : request.url
    if (!url.startsWith(`${base}/`)) {
      throw new TypeError(`The simulator is asked for "${url}", but it stands in for "${base}" only.`)
    }
    const { pathname, search } = new URL(url)
    const answer = await server.inject({
      method: request.method as NonNullable<InjectOptions['method']>,
      url: pathname + search,
      headers: Object.fromEntries(request.headers),
      payload: await request.text()
    })
    return new Response(answer.rawPayload as Buffer<ArrayBuffer>, { status: answer.statusCode, headers: answer.headers as Record<string, string> })
  }
}
