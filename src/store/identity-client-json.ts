import type { ClientAuthentication, ClientRecord, ClientType, SigningAlgorithm } from '../identity/types.ts'
import { asObject, isTextOrNull, parseObject } from './json.ts'

/** What of a client is in JSON: all but its id, its name and its secrets. */
export type ClientDescription = Omit<ClientRecord, 'id' | 'name' | 'secrets'>

const types: ReadonlySet<unknown> = new Set(Object.keys({ web: true, spa: true, native: true } satisfies Record<ClientType, true>))

const authentications: ReadonlySet<unknown> = new Set(Object.keys({
  client_secret_basic: true, client_secret_post: true, private_key_jwt: true, none: true
} satisfies Record<ClientAuthentication, true>))

const algorithms: ReadonlySet<unknown> = new Set(Object.keys({ RS256: true, ES256: true } satisfies Record<SigningAlgorithm, true>))

/** The JSON of a client. */
export function writeClient ({ id, name, secrets, ...description }: ClientRecord): string {
  return JSON.stringify(description satisfies ClientDescription)
}

/** What was written, or `null` where it is anything else: what cannot be understood is no client. */
export function readClientJson (text: unknown): ClientDescription | null {
  const found = parseObject(text)
  if (found === null) return null
  const { type, url, redirectUrls, logoutRedirectUrls, authentication, idTokenAlgorithm, refreshTokens, scopes, firstParty, backchannelLogoutUrl, jwks } = found
  if (!types.has(type) || !authentications.has(authentication) || !algorithms.has(idTokenAlgorithm)) return null
  if (!isTextOrNull(url) || !isTextOrNull(backchannelLogoutUrl)) return null
  if (typeof refreshTokens !== 'boolean' || typeof firstParty !== 'boolean') return null
  if (!isTexts(redirectUrls) || !isTexts(logoutRedirectUrls) || !isTexts(scopes) || !isKeySetOrNull(jwks)) return null
  return {
    type: type as ClientType,
    url,
    redirectUrls,
    logoutRedirectUrls,
    authentication: authentication as ClientAuthentication,
    idTokenAlgorithm: idTokenAlgorithm as SigningAlgorithm,
    refreshTokens,
    scopes,
    firstParty,
    backchannelLogoutUrl,
    jwks
  }
}

function isTexts (value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function isKeySetOrNull (value: unknown): value is ClientRecord['jwks'] {
  if (value === null) return true
  const keys = asObject(value)?.keys
  return Array.isArray(keys) && keys.every((key) => typeof asObject(key)?.kty === 'string')
}
