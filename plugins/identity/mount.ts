import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refuse, withStatus } from '../../src/core/errors.ts'
import { requireSecureTransport } from '../cookies.ts'
import { acceptForms, bodyLimit } from '../own-posts.ts'
import { registerOwnRoutes } from '../own-routes.ts'
import { postedSchema, providerSchema } from '../schemas/own-apps.ts'
import { refusalSchemaOf } from '../schemas/describe.ts'
import { impliedConsent } from './configuration.ts'
import type { Parts } from './parts.ts'
import type { Running } from './providers.ts'

const answered = ['GET', 'POST', 'OPTIONS'] as const
const refused = ['HEAD', 'PUT', 'PATCH', 'DELETE'] as const

/** Puts the provider below its path. */
export async function mountProvider (app: FastifyInstance, parts: Parts, currentProvider: () => Promise<Running>): Promise<void> {
  const { path } = parts
  await registerOwnRoutes(app, (scope) => {
    // The provider reads bodies itself.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    scope.route({ method: [...answered], url: `${path}/*`, exposeHeadRoute: false, schema: providerSchema(parts.project.name), handler: handOver(parts, currentProvider) })
    scope.route({
      method: [...refused],
      url: `${path}/*`,
      schema: refusalSchemaOf('Refuses other methods.', 405),
      handler: async (_request, reply) => {
        reply.header('allow', answered.join(', '))
        throw withStatus(refuse('invalid_request', 'method'), 405)
      }
    })
  })
  await registerOwnRoutes(app, async (scope) => {
    await acceptForms(scope)
    for (const endpoint of ['authorize', 'logout']) {
      scope.post(`${path}/${endpoint}`, { bodyLimit, schema: postedSchema(parts.project.name, endpoint) }, async (request, reply) => reply.redirect(asQuery(`${path}/${endpoint}`, request.body), 303))
    }
  })
}

function handOver (parts: Parts, currentProvider: () => Promise<Running>) {
  const { path, issuer, owners, signIn: { config } } = parts
  const { host } = new URL(issuer)
  return async function handOverHandler (request: FastifyRequest, reply: FastifyReply): Promise<void> {
    requireSecureTransport(request, config)
    // Before the reply is taken: where the store does not answer, it is refused as everywhere.
    const { handle } = await currentProvider()
    const { raw } = request
    const url = raw.url!
    owners.note(request)
    reply.hijack()
    // Absolute URLs come from the options, whatever a client or a proxy sends (abuse case O16).
    delete raw.headers.forwarded
    Object.assign(raw.headers, { host, 'x-forwarded-host': host, 'x-forwarded-proto': request.protocol, 'x-forwarded-for': request.ip })
    raw.url = withConsent(url.slice(path.length))
    try {
      await handle(Object.assign(raw, { baseUrl: path }), reply.raw)
    } finally {
      // For whatever looks at the request afterwards.
      raw.url = url
    }
  }
}

/**
 * An app that may refresh asks for `offline_access`, and is asked back for `prompt=consent` by OpenID Connect Core
 * (section 11), unless other conditions let it through: that the person, or the operator, has let it through before. The
 * provider asks them; the mark tells it that the app did not want anybody to be asked.
 */
function withConsent (url: string): string {
  const [path, query] = url.split(/\?(.*)/s, 2)
  const parameters = new URLSearchParams(query)
  const prompts = (parameters.get('prompt') ?? '').split(' ').filter((prompt) => prompt !== '')
  const isMeant = path === '/authorize' && parameters.getAll('prompt').length < 2 && parameters.getAll('scope').length === 1 &&
    parameters.get('scope')!.split(' ').includes('offline_access') && !prompts.includes('consent') && !prompts.includes('none')
  if (!isMeant) return url
  parameters.set('prompt', [...prompts, 'consent'].join(' '))
  parameters.set(impliedConsent, '1')
  return `${path}?${parameters.toString()}`
}

/**
 * A form that another site has posted becomes a link that it has: a browser sends no session along with the one, and
 * does with the other. Both are to be answered (OpenID Connect Core section 3.1.2.1, RP-Initiated Logout section 2).
 */
function asQuery (path: string, body: unknown): string {
  const pairs = Object.entries(Object(body) as Record<string, unknown>).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, String(one)]))
  return `${path}?${new URLSearchParams(pairs).toString()}`
}
