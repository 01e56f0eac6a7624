import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { FetchLimits } from '../core/environment.ts'
import { type EntraError, refuse } from '../core/errors.ts'
import { nodeHttp } from '../core/node-http.ts'

/**
 * Connections are kept for the next sign-in, which is spared the look-up of the name and the handshake: that costs more
 * than the request. Milliseconds that one is kept: short, so that hardly any breaks just when a code is sent through it; a
 * shorter time that the server names is observed by Node's agents.
 */
const idleAtMost = 5_000
const idleConnections = 16
const kept = { keepAlive: true, timeout: idleAtMost, maxFreeSockets: idleConnections }
const ownAgents: Readonly<Record<string, Agent>> = { 'http:': new nodeHttp.Agent(kept), 'https:': new TlsAgent(kept) }

/** The agent of requests to `url`. */
export function agentFor (url: string, given: Agent | undefined): Agent {
  return given ?? ownAgents[new URL(url).protocol]!
}

/**
 * Sends one request whose answer may take so long and bring so much, and not more:
 * beyond that its connection is closed.
 *
 * The HTTP client below @fastify/oauth2 (wreck) cannot be asked for it. It leaves a
 * connection open whose answer it has given up, goes on taking what comes, and as soon
 * as that is more than its own limit it ends the process by an error that nobody can
 * catch; and what is too large looks to it like what broke off.
 *
 * Sent once, whatever becomes of it: what broke on a connection that was kept open looks the same whether the other end
 * had read the code or not, and a code that comes twice may cost its owner what the first one gave (RFC 6749 section 4.1.2).
 *
 * @param agent - What the request goes through.
 * @param send - Sends it, through the agent it is given.
 * @throws provider_timeout, provider_error; what `send` throws.
 */
export async function withinLimits<Answer> (
  agent: Agent, { timeout, size }: FetchLimits, send: (agent: Agent) => Promise<Answer>
): Promise<Answer> {
  const exceeded = Promise.withResolvers<never>()
  let request: ClientRequest | undefined
  const timer = setTimeout(() => giveUp(refuse('provider_timeout', 'token_timeout')), timeout)
  try {
    return await Promise.race([send(watchedAgent(agent, watch)), exceeded.promise])
  } finally {
    clearTimeout(timer)
  }

  function watch (sent: ClientRequest): void {
    request = sent
    sent.once('response', (response) => count(response))
  }

  function count (response: IncomingMessage): void {
    let length = 0
    // Not before the client listens itself: to listen would start it, and lose what comes meanwhile.
    response.on('newListener', function listenToo (event: string | symbol) {
      if (event !== 'data') return
      response.off('newListener', listenToo)
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > size) giveUp(refuse('provider_error', 'token_too_large'))
      })
    })
  }

  function giveUp (refusal: EntraError): void {
    exceeded.reject(refusal)
    request?.destroy()
  }
}

/** What Node's HTTP client calls of an agent, whatever its class. */
type AddRequest = (request: ClientRequest, ...others: unknown[]) => void

/**
 * The same agent, seen through. simple-oauth2 clones its options deeply, this among them: the clone has the same
 * prototype, which is the agent itself, and the same method.
 */
function watchedAgent (agent: Agent, watch: (request: ClientRequest) => void): Agent {
  const target = agent as Agent & { addRequest: AddRequest }
  const addRequest: AddRequest = (request, ...others) => {
    watch(request)
    target.addRequest(request, ...others)
  }
  return Object.assign(Object.create(agent) as Agent, { addRequest })
}
