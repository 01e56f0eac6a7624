import type { Agent } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'
import { nodeHttp } from '../core/node-http.ts'

/**
 * An agent whose connections are pairs of streams in memory: what is sent
 * through it never leaves the process, and `https:` URLs work without TLS.
 *
 * @param protocol - `http:` or `https:`: of the URLs that it is used with.
 * @param connect - Takes the server's end of each connection.
 */
export function createInProcessAgent (protocol: string, connect: (socket: Duplex) => void): Agent {
  // simple-oauth2 clones its options deeply, the agent among them. What the
  // agent needs is therefore in the closure of its class, not in its fields.
  class InProcessAgent extends nodeHttp.Agent {
    readonly protocol = protocol

    override createConnection (): Duplex {
      const [client, server] = duplexPair()
      connect(server)
      return client
    }
  }
  return new InProcessAgent()
}
