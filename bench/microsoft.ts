// Plays Microsoft's part in benchmarks, as a program of its own: node bench/microsoft.ts
//
// It does what the token endpoint and the key set do, and as little besides as can be: nobody signs in at it. Whoever
// drives the benchmark makes the code itself, which says who signs in (bench/browser.ts). Tells its parent the port.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Code, personOf, tenantId } from './people.ts'
import { claimsOf, createSigner, type Signer } from './token.ts'

let signer: Signer | undefined

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  answer(request).then(
    (body) => response.writeHead('error' in body ? 400 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    () => response.writeHead(500).end()
  )
})
server.listen(0, 'localhost', () => process.send!({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())

async function answer (request: IncomingMessage): Promise<object> {
  const authority = `http://${request.headers.host}`
  const path = new URL(request.url!, authority).pathname
  if (path.endsWith('/discovery/v2.0/keys')) return { keys: [signerFor(authority).jwk] }
  if (path.endsWith('/.well-known/openid-configuration')) return { issuer: `${authority}/${tenantId}/v2.0`, jwks_uri: `${authority}/common/discovery/v2.0/keys` }
  if (path.endsWith('/oauth2/v2.0/token')) return tokensFor(new URLSearchParams(await bodyOf(request)), authority)
  return { error: 'invalid_request' }
}

function tokensFor (form: URLSearchParams, authority: string): object {
  const { person: number, nonce, challenge } = JSON.parse(Buffer.from(form.get('code')!, 'base64url').toString()) as Code
  const proof = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url')
  if (proof !== challenge) return { error: 'invalid_grant', error_description: 'AADSTS501481: the verifier does not match.' }
  const claims = claimsOf(personOf(number), authority, nonce, Math.floor(Date.now() / 1_000))
  return { token_type: 'Bearer', scope: 'openid profile email', expires_in: 3_599, ext_expires_in: 3_599, access_token: 'A'.repeat(1_400), id_token: signerFor(authority).sign(claims) }
}

/** One for all: whoever asks knows this process by the same name. */
function signerFor (authority: string): Signer {
  signer ??= createSigner(authority)
  return signer
}

async function bodyOf (request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
