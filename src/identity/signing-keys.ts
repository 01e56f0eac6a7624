import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, type JWK } from 'jose'
import type { Environment } from '../core/environment.ts'
import { ConfigurationError } from '../core/errors.ts'
import { createSeal } from '../core/seal.ts'
import { type KeyState, nextChange, stateOf } from './key-schedule.ts'
import type { KeySet, KeyStore, PrivateJwk, Project, SigningAlgorithm, SigningKeys, StoredKey } from './types.ts'

/** What the signing keys of a project are made of. */
export interface SigningKeySettings {
  readonly store: KeyStore
  readonly project: Project
  /** 32 bytes each, newest first: of the purpose `identity-key`, in the world of the project. */
  readonly sealKeys: readonly Buffer[]
  readonly environment: Pick<Environment, 'now'>
}

/** How a rotation is done. */
export interface Rotation {
  /**
   * How long the new keys are published before they sign, in milliseconds: as long as servers and clients keep a set
   * without them. 0 signs at once, for clients that fetch the set anew for a `kid` that they do not know.
   */
  readonly publishedAhead: number
  /** Whether the earlier ones go at once, since somebody else may have them: whatever they signed is refused from then on. */
  readonly compromised: boolean
}

/** A key as people see it. */
export type ListedKey = Omit<StoredKey, 'sealed'> & { readonly state: KeyState }

const algorithms: readonly SigningAlgorithm[] = ['ES256', 'RS256']

/** How old the list of keys may be that a server goes by, in milliseconds. Far less than keys are published ahead. */
const readEvery = 60_000

/** The signing keys of one project: made once, sealed in the store, and read anew so that every server sees a rotation. */
export function createSigningKeys (settings: SigningKeySettings): SigningKeys {
  const { store, project, environment } = settings
  let reading: Promise<KeySet> | undefined
  let staleAt = 0

  return {
    prepare: async () => {
      if ((await store.list(project)).length === 0) await store.add(project, await makeKeys(settings, 1, environment.now()))
      return await readSet(true)
    },

    current: async () => {
      const now = environment.now()
      if (reading === undefined || now >= staleAt) {
        staleAt = now + readEvery
        const mine = readSet(false)
        reading = mine
        // Who comes next tries again.
        mine.catch(() => { if (reading === mine) reading = undefined })
      }
      const set = await reading
      staleAt = Math.min(staleAt, set.changesAt ?? staleAt)
      return set
    }
  }

  async function readSet (isBoot: boolean): Promise<KeySet> {
    const stored = await store.list(project)
    const now = environment.now()
    const states = stored.map((key) => ({ key, state: stateOf(key, stored, now) }))
    const published = (['signing', 'next', 'published'] as const)
      .flatMap((state) => states.filter((entry) => entry.state === state)).map(({ key }) => key)
    const keys = await Promise.all(published.map(async (key) => await openKey(settings, key)))
    if (isBoot) await Promise.all(published.map(async (key, index) => await resealKey(settings, key, keys[index]!)))
    return Object.freeze({ version: keys.map(({ kid }) => kid).join(' '), keys: Object.freeze(keys), changesAt: nextChange(stored, now) })
  }
}

/**
 * Puts new keys beside those that there are, and removes those whose time is over.
 *
 * @returns the generation that was made; `null` where another rotation, done at the same time, made it.
 * @throws ConfigurationError where the project has no keys, or has some that cannot be opened: then the secrets are other ones than its servers', which could not open the new keys either.
 */
export async function rotateKeys (settings: SigningKeySettings, { publishedAhead, compromised }: Rotation): Promise<number | null> {
  const { store, project, environment } = settings
  const stored = await store.list(project)
  if (stored.length === 0) throw new ConfigurationError(`fastify-entra: ${nameOf(project)} has no signing keys yet: they are made when its first server starts. Check the name of the project and the database; the keys of servers with the simulator are meant with --simulated.`)
  await Promise.all(stored.map(async (key) => await openKey(settings, key)))
  const now = environment.now()
  const generation = stored.at(-1)!.generation + 1
  const isMine = await store.add(project, await makeKeys(settings, generation, now + publishedAhead))
  if (compromised) await store.removeBefore(project, generation)
  else await removeOver(store, project, await store.list(project), now)
  return isMine ? generation : null
}

/** What keys a project has, oldest first. */
export async function listKeys ({ store, project, environment }: Omit<SigningKeySettings, 'sealKeys'>): Promise<ListedKey[]> {
  const stored = await store.list(project)
  return stored.map(({ sealed, ...key }) => ({ ...key, state: stateOf({ sealed, ...key }, stored, environment.now()) }))
}

async function removeOver (store: KeyStore, project: Project, stored: readonly StoredKey[], now: number): Promise<void> {
  const living = stored.filter((key) => stateOf(key, stored, now) !== 'over')
  await store.removeBefore(project, Math.min(...living.map(({ generation }) => generation)))
}

async function makeKeys ({ sealKeys, environment }: SigningKeySettings, generation: number, signsAt: number): Promise<StoredKey[]> {
  const { seal } = createSeal(sealKeys)
  return await Promise.all(algorithms.map(async (algorithm) => {
    const jwk = await makeJwk(algorithm)
    return { kid: jwk.kid, algorithm, generation, sealed: await seal(jwk), createdAt: environment.now(), signsAt }
  }))
}

/** Made by OpenSSL's generator: what keeps everybody's tokens apart is nothing that a test may choose. */
async function makeJwk (alg: SigningAlgorithm): Promise<PrivateJwk> {
  const generate = promisify(generateKeyPair)
  const { privateKey } = alg === 'RS256' ? await generate('rsa', { modulusLength: 2048 }) : await generate('ec', { namedCurve: 'P-256' })
  const jwk = privateKey.export({ format: 'jwk' }) as JWK
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' } as unknown as PrivateJwk
}

/** The private key, where it is the one that its row names: rows that were exchanged by hand sign nothing. */
async function openKey ({ sealKeys, project }: SigningKeySettings, { kid, algorithm, sealed }: StoredKey): Promise<PrivateJwk> {
  const jwk = await createSeal(sealKeys).open(sealed) as PrivateJwk | null
  if (jwk === null || jwk.kid !== kid || jwk.alg !== algorithm) {
    throw new ConfigurationError(`fastify-entra: the signing key ${kid} of ${nameOf(project)} cannot be opened with option "secrets". Give the secret that it was sealed with behind the newest one; where that is lost, remove the rows of this project from the table identity_keys: new keys are made at the next start, and all ID tokens that were given are refused.`)
  }
  return Object.freeze(jwk)
}

/** Seals a key anew that an older secret sealed, so that it is not lost with that secret. */
async function resealKey ({ store, project, sealKeys }: SigningKeySettings, { kid, sealed }: StoredKey, jwk: PrivateJwk): Promise<void> {
  const newest = createSeal(sealKeys.slice(0, 1))
  if (await newest.open(sealed) === null) await store.reseal(project, kid, sealed, await newest.seal(jwk))
}

/** A project, as messages call it. */
export function nameOf ({ name, simulated }: Project): string {
  return simulated ? `project "${name}" (simulator)` : `project "${name}"`
}
