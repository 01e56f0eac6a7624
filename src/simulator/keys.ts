import { createHash, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { type Authority, fillTenant } from '../core/authority.ts'
import { selfSign } from './certificate.ts'
import { consumersTenantId } from './tenants.ts'
import type { TenantReference } from './types.ts'

/** A key that signs ID tokens. */
export interface SigningKey {
  /** At Microsoft the thumbprint of its certificate. */
  readonly kid: string
  readonly privateKey: KeyObject
  /** The members of its public half: `kty`, `n`, `e`. */
  readonly publicJwk: Readonly<Record<string, unknown>>
  /** DER in base64. */
  readonly certificate: string
}

/** Work accounts and personal accounts have keys of their own. */
export interface SigningKeys {
  readonly work: SigningKey
  readonly personal: SigningKey
}

/** A key as the key set publishes it. */
export interface PublishedKey extends Readonly<Record<string, unknown>> {
  readonly kid: string
  readonly issuer: string
}

const generations: Array<Promise<SigningKeys>> = []

/**
 * The keys of this process: made at the first use, since that takes a while,
 * and shared by all simulators, since nothing depends on their difference.
 *
 * @param generation - How many times the keys were rotated before.
 */
export function signingKeys (generation = 0): Promise<SigningKeys> {
  generations[generation] ??= makeKeys()
  return generations[generation]
}

/** Which keys one simulator signs with and publishes, as time goes by. */
export interface KeyRing {
  readonly signing: () => Promise<SigningKeys>
  /** Newest first. */
  readonly published: () => Promise<readonly SigningKeys[]>
  /** Signs with new keys from now on. The old ones stay published, since tokens that they signed live on. */
  readonly rotate: () => Promise<void>
  /** Publishes no keys any more but those that sign: what happens when an old one has leaked. */
  readonly removeOld: () => void
}

/** The keys of a simulator that has not rotated any yet. */
export function createKeyRing (): KeyRing {
  let newest = 0
  let oldest = 0
  return {
    signing: () => signingKeys(newest),
    published: () => Promise.all(Array.from({ length: newest - oldest + 1 }, (_, age) => signingKeys(newest - age))),
    rotate: async () => {
      await signingKeys(newest + 1)
      newest += 1
    },
    removeOld: () => { oldest = newest }
  }
}

let madeForApplication: Promise<SigningKeys> | undefined

/** The key that signs the tokens of an application that has its own: whoever is in them. */
export function appSpecificKeys (): Promise<SigningKeys> {
  madeForApplication ??= makeKey('Simulated signing key of an application').then((key) => ({ work: key, personal: key }))
  return madeForApplication
}

async function makeKeys (): Promise<SigningKeys> {
  const [work, personal] = await Promise.all([
    makeKey('Simulated signing key of work accounts'), makeKey('Simulated signing key of personal accounts')
  ])
  return { work, personal }
}

async function makeKey (name: string): Promise<SigningKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const der = selfSign(name, publicKey, privateKey)
  return {
    kid: createHash('sha1').update(der).digest('base64url'),
    privateKey,
    publicJwk: { ...publicKey.export({ format: 'jwk' }) },
    certificate: der.toString('base64')
  }
}

/** The key that signs the tokens of a tenant. */
export function keyOf (keys: SigningKeys, tid: string): SigningKey {
  return tid === consumersTenantId ? keys.personal : keys.work
}

/**
 * The key set under a tenant. Each key says whose tokens it may sign, as in
 * the example on Microsoft's page on access tokens, "Validate the signing key issuer".
 */
export function keySetOf (published: readonly SigningKeys[], authority: Authority, tenant: TenantReference): { keys: PublishedKey[] } {
  return { keys: published.flatMap((keys) => keysUnder(keys, authority, tenant)) }
}

function keysUnder (keys: SigningKeys, authority: Authority, tenant: TenantReference): PublishedKey[] {
  const personal = publish(keys.personal, authority, consumersTenantId)
  if (tenant.id === consumersTenantId) return [personal]
  if (tenant.id !== null) return [publish(keys.work, authority, tenant.id)]
  return [publish(keys.work, authority, '{tenantid}'), personal]
}

function publish (key: SigningKey, authority: Authority, tenant: string): PublishedKey {
  return {
    ...key.publicJwk,
    use: 'sig',
    kid: key.kid,
    x5t: key.kid,
    x5c: [key.certificate],
    cloud_instance_name: authority.cloudInstance,
    issuer: fillTenant(authority.issuer, tenant)
  }
}
