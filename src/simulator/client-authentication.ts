import { createHash, timingSafeEqual } from 'node:crypto'
import { checkClientAssertion } from './client-assertion.ts'
import { Fault } from './errors.ts'
import type { Parameters } from './parameters.ts'
import type { Application } from './types.ts'

/** What a client shows at the token endpoint (RFC 6749 section 2.3.1). */
export interface ClientCredentials {
  readonly clientId: string | undefined
  readonly clientSecret: string | undefined
}

/**
 * Reads id and secret from the body or from the header, never from both.
 *
 * @throws Fault 90023 or 7000215.
 */
export function readCredentials (authorization: string | undefined, parameters: Parameters): ClientCredentials {
  const inBody = { clientId: parameters.get('client_id'), clientSecret: parameters.get('client_secret') }
  if (authorization === undefined) return inBody
  const inHeader = readBasic(authorization)
  if (inBody.clientSecret !== undefined) throw new Fault(90023, 'The client secret was sent in the header and in the body.')
  if (inBody.clientId !== undefined && inBody.clientId !== inHeader.clientId) {
    throw new Fault(90023, 'The header and the body name different clients.')
  }
  return inHeader
}

/** Both halves are form-encoded before they are put together. */
function readBasic (authorization: string): ClientCredentials {
  const encoded = /^Basic +([\w+/=-]+)$/i.exec(authorization)?.[1]
  if (encoded === undefined) throw new Fault(7000215)
  const [id, ...secret] = Buffer.from(encoded, 'base64').toString().split(':')
  return { clientId: decode(id!), clientSecret: decode(secret.join(':')) }
}

function decode (text: string): string | undefined {
  return new URLSearchParams(`value=${text.replaceAll('&', '%26')}`).get('value')! || undefined
}

/** What a client may show, and where it shows it. */
export interface AuthenticationContext {
  readonly application: Application
  /** What the `aud` of an assertion may be. */
  readonly audiences: ReadonlySet<string>
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * Makes sure that the client knows one of the application's secrets, or has an assertion that is as good.
 *
 * @throws Fault 7000218, 7000215, 7000222, and those of an assertion.
 */
export function authenticateClient (
  { application, audiences, now }: AuthenticationContext, credentials: ClientCredentials, parameters: Parameters
): void {
  if (parameters.has('client_assertion')) {
    if (credentials.clientSecret !== undefined) throw new Fault(90023, 'A client secret and a client assertion were sent.')
    const { clientId, certificates = [], federations = [] } = application
    checkClientAssertion(parameters, { clientId, certificates, federations, audiences, now })
  } else checkSecret(application, credentials.clientSecret, now)
}

function checkSecret (application: Application, secret: string | undefined, now: number): void {
  if (secret === undefined) throw new Fault(7000218)
  const given = digest(secret)
  const known = application.clientSecrets.find(({ value }) => timingSafeEqual(digest(value), given))
  if (known === undefined) throw new Fault(7000215)
  if (known.expiresAt !== undefined && known.expiresAt <= now) throw new Fault(7000222)
}

function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
