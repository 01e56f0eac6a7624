import { createHash, createPublicKey, type JsonWebKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readOptions } from '../core/options.ts'
import {
  type ClientSecretOptions, clientSecretRules, type FederatedCredentialOptions, federatedCredentialRules, wrongOption
} from './options.ts'
import type { ClientSecret, FederationKey, RegisteredCertificate, RegisteredFederation } from './types.ts'

/** @throws ConfigurationError */
export function readSecret (given: ClientSecretOptions, index: number): ClientSecret {
  return readOptions<ClientSecretOptions>(`fastify-entra/simulator: clientSecrets[${index}]`, clientSecretRules, given)
}

/** @throws ConfigurationError */
export function readCertificate (pem: string, index: number): RegisteredCertificate {
  const place = `certificates[${index}]`
  const certificate = parse(() => new X509Certificate(pem), place, 'a certificate in PEM')
  return {
    publicKey: readKey(() => certificate.publicKey, place),
    sha256: createHash('sha256').update(certificate.raw).digest('base64url'),
    sha1: createHash('sha1').update(certificate.raw).digest('base64url'),
    notBefore: certificate.validFromDate.getTime(),
    expiresAt: certificate.validToDate.getTime()
  }
}

/** @throws ConfigurationError */
export function readFederation (given: FederatedCredentialOptions, index: number): RegisteredFederation {
  const place = `federatedCredentials[${index}]`
  const { issuer, subject, audience, keys } = readOptions<FederatedCredentialOptions>(`fastify-entra/simulator: ${place}`, federatedCredentialRules, given)
  return { issuer, subject, audience: audience!, keys: readKeys(keys, `${place}.keys`) }
}

function readKeys (keys: FederatedCredentialOptions['keys'], place: string): readonly FederationKey[] {
  if (typeof keys === 'string') return [{ kid: null, publicKey: readKey(() => createPublicKey(keys), place) }]
  return (keys.keys as JsonWebKey[]).map((jwk, index) => {
    const publicKey = readKey(() => createPublicKey({ key: jwk, format: 'jwk' }), `${place}.keys[${index}]`)
    return { kid: typeof jwk.kid === 'string' ? jwk.kid : null, publicKey }
  })
}

function readKey (make: () => KeyObject, place: string): KeyObject {
  const key = parse(make, place, 'a public RSA key')
  if (key.asymmetricKeyType !== 'rsa') throw wrongOption(`option "${place}" must be, or hold, a public RSA key, but one of the type ${key.asymmetricKeyType} was given.`)
  return key
}

function parse<Value> (make: () => Value, place: string, expected: string): Value {
  try {
    return make()
  } catch {
    throw wrongOption(`option "${place}" must be ${expected}, but it cannot be read.`)
  }
}
