import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider, { type ClientMetadata } from 'oidc-provider'
import type { Test } from 'tap'

/** An identity provider that nobody here wrote, with Microsoft's claims and at Microsoft's paths. */
export interface ForeignProvider {
  /** For the option `authority`. */
  readonly authority: string
  /** Its one tenant, also under the names `common` and `contoso.example`. */
  readonly tid: string
  /** The paths that were asked, the tenant's name left off. */
  readonly asked: string[]
}

/** What is different from Microsoft. */
export interface ForeignTraits {
  /** Members that each key gets; Microsoft's have `issuer`. */
  readonly keyMembers?: (issuer: string) => object
  /** Claims that are other ones. */
  readonly claims?: object
}

const tid = 'c0ffee00-0d7b-4b8e-9a61-2c4d8e7f1a10'
/** The object id of whoever signs in. */
export const ada = '7c9e6679-7425-40de-944b-e07fc1f90ae7'
const names = [tid, 'common', 'contoso.example']

/** Starts it on loopback, for one client. It asks people by pages of its own, and believes whatever they say. */
export async function startForeignProvider (
  t: Pick<Test, 'teardown' | 'capture'>, client: ClientMetadata, { keyMembers = (issuer) => ({ issuer }), claims = {} }: ForeignTraits = {}
): Promise<ForeignProvider> {
  const asked: string[] = []
  // It says at length that it is set up for tests only.
  t.capture(console, 'warn')
  t.capture(console, 'info')
  const server = createServer().listen(0, 'localhost')
  await once(server, 'listening')
  const authority = `http://localhost:${(server.address() as AddressInfo).port}`
  const provider = createProvider(`${authority}/${tid}/v2.0`, client, claims)
  provider.use(async (ctx, next) => {
    await next()
    // The one thing that Microsoft's keys have and no specification knows.
    const { keys } = ctx.body as { keys?: object[] } ?? {}
    if (ctx.path === '/discovery/v2.0/keys') ctx.body = { keys: keys!.map((key) => ({ ...key, ...keyMembers(provider.issuer) })) }
  })
  const answer = provider.callback()
  server.on('request', (request: IncomingMessage & { originalUrl?: string }, response: ServerResponse) => {
    const [, name, path] = /^\/([^/]+)(\/.*)$/.exec(request.url!) ?? []
    if (name === undefined || !names.includes(name)) return response.writeHead(404).end()
    asked.push(path!.split('?')[0]!)
    request.originalUrl = request.url!
    // Its discovery is at the root; Microsoft's is below the version.
    request.url = path!.replace(/^\/v2\.0\/\.well-known/, '/.well-known')
    void answer(request, response)
  })
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { authority, tid, asked }
}

function createProvider (issuer: string, client: ClientMetadata, claims: object): Provider {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  return new Provider(issuer, {
    clients: [client],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'foreign', use: 'sig', alg: 'RS256' } as never] },
    cookies: { keys: ['a-key-for-the-cookies-of-a-test'] },
    claims: { openid: ['sub', 'oid', 'tid', 'ver'], profile: ['name', 'preferred_username'], email: ['email', 'xms_edov'] },
    // Microsoft puts what the scopes ask for into the ID token.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    routes: { authorization: '/oauth2/v2.0/authorize', token: '/oauth2/v2.0/token', end_session: '/oauth2/v2.0/logout', jwks: '/discovery/v2.0/keys' },
    features: { devInteractions: { enabled: true } },
    findAccount: (_ctx, accountId) => ({
      accountId,
      claims: () => ({
        sub: accountId,
        oid: ada,
        tid,
        ver: '2.0',
        name: 'Ada Example',
        preferred_username: 'ada@contoso.example',
        email: 'ada@contoso.example',
        xms_edov: true,
        ...claims
      })
    })
  })
}
