import { createHash, timingSafeEqual } from 'node:crypto'
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

/**
 * Makes sure that the client knows one of the application's secrets.
 *
 * @param now - Milliseconds since 1970.
 * @throws Fault 700027, 7000218, 7000215 or 7000222.
 */
export function authenticateClient (
  application: Application, credentials: ClientCredentials, parameters: Parameters, now: number
): void {
  if (parameters.has('client_assertion')) throw new Fault(700027)
  if (credentials.clientSecret === undefined) throw new Fault(7000218)
  const given = digest(credentials.clientSecret)
  const known = application.clientSecrets.find(({ value }) => timingSafeEqual(digest(value), given))
  if (known === undefined) throw new Fault(7000215)
  if (known.expiresAt !== undefined && known.expiresAt <= now) throw new Fault(7000222)
}

function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
