import type { Environment } from '../core/environment.ts'
import { ConfigurationError, type EntraError } from '../core/errors.ts'
import { type AssertionParties, signAssertion } from './assertion.ts'
import { readCertificate } from './certificate.ts'
import { askFederated } from './federated.ts'
import { dateOf, placeOf, type ReadCredential, readCredential } from './options.ts'
import { readTokenFile } from './token-file.ts'
import type { ClientAuthentication, ClientCredential, Credential, TokenFileCredential } from './types.ts'

/** What credentials need to authenticate. */
export interface CredentialContext extends AssertionParties {
  readonly environment: Pick<Environment, 'now' | 'randomBytes'>
  /** How long a function or file of a federated credential is waited for, in milliseconds. Default: 5000. */
  readonly timeout?: number | undefined
}

/**
 * Checks credentials, once, at registration.
 *
 * @throws ConfigurationError where one is wrong, or two have the same name, or no certificate is good now and there is nothing but certificates.
 */
export function prepareCredentials (given: readonly Credential[], context: CredentialContext): readonly ClientCredential[] {
  const read = given.map((credential, index) => readCredential(credential, index))
  const credentials = read.map((credential, index) => prepare(credential, numberOf(read, index), index, context))
  refuseTwins(credentials)
  refuseUselessCertificates(credentials, context.environment.now())
  return Object.freeze(credentials)
}

/**
 * Makes sure that token files are there: a wrong path is found at boot, not by the first person who signs in.
 *
 * @throws ConfigurationError
 */
export async function checkTokenFiles (credentials: readonly ClientCredential[], given: readonly Credential[]): Promise<void> {
  for (const [index, credential] of credentials.entries()) {
    if (credential.kind === 'tokenFile') await credential.authenticate().catch((error: EntraError) => { throw wrongFile(error, index, given[index]!) })
  }
}

function wrongFile ({ detail: { remedy } }: EntraError, index: number, given: Credential): Error {
  const { tokenFile: path } = given as TokenFileCredential
  return new ConfigurationError(`${placeOf(index)}: option "tokenFile" is ${JSON.stringify(path)}, but ${remedy}.`)
}

function prepare (read: ReadCredential, number: number, index: number, context: CredentialContext): ClientCredential {
  const { environment, timeout = 5_000 } = context
  const { name } = read.options
  const unknownTimes = { notBefore: null, expiresAt: null }
  switch (read.kind) {
    case 'secret': {
      const { secret, expiresAt } = read.options
      const authentication = Object.freeze({ client_secret: secret })
      return Object.freeze({ name: name ?? `secret ${number}`, kind: 'secret', notBefore: null, expiresAt: dateOf(expiresAt), authenticate: async () => authentication })
    }
    case 'certificate': {
      const certificate = readCertificate(read.options, placeOf(index))
      const { shortThumbprint, notBefore, expiresAt } = certificate
      const authenticate = async (): Promise<ClientAuthentication> => assertion(await signAssertion(context, certificate, environment))
      return Object.freeze({ name: name ?? `certificate ${shortThumbprint}`, kind: 'certificate', notBefore, expiresAt, authenticate })
    }
    case 'federated': {
      const { federated } = read.options
      const authenticate = async (): Promise<ClientAuthentication> => assertion(await askFederated(federated, timeout))
      return Object.freeze({ name: name ?? `federated ${number}`, kind: 'federated', ...unknownTimes, authenticate })
    }
    case 'tokenFile': {
      const { tokenFile } = read.options
      const authenticate = async (): Promise<ClientAuthentication> => assertion(await readTokenFile(tokenFile, timeout))
      return Object.freeze({ name: name ?? `token file ${number}`, kind: 'tokenFile', ...unknownTimes, authenticate })
    }
  }
}

/** RFC 7521 section 4.2, RFC 7523 section 2.2. */
function assertion (token: string): ClientAuthentication {
  return Object.freeze({ client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: token })
}

/** Which of its kind a credential is, from 1. */
function numberOf (read: readonly ReadCredential[], index: number): number {
  return read.slice(0, index + 1).filter(({ kind }) => kind === read[index]!.kind).length
}

function refuseTwins (credentials: readonly ClientCredential[]): void {
  const names = credentials.map(({ name }) => name)
  const index = names.findIndex((name, place) => names.indexOf(name) !== place)
  if (index === -1) return
  throw new ConfigurationError(`${placeOf(index)}: there is another credential with the name ${JSON.stringify(names[index])}. Give each a name of its own, and a certificate once.`)
}

/**
 * Who has nothing else cannot sign anybody in, and is told at boot (abuse case O37). Beside another credential it is a
 * warning: else a server that ran well would not come back after a restart. The date of a secret is typed by hand, so
 * Microsoft is asked.
 */
function refuseUselessCertificates (credentials: readonly ClientCredential[], now: number): void {
  const good = ({ kind, notBefore, expiresAt }: ClientCredential): boolean => kind !== 'certificate' || (notBefore! <= now && now < expiresAt!)
  if (credentials.some(good)) return
  const dates = credentials.map(({ name, notBefore, expiresAt }) => `${name} is good from ${dayOf(notBefore!)} to ${dayOf(expiresAt!)}`)
  throw new ConfigurationError(`fastify-entra/provider: no certificate of option "credentials" is good now: ${dates.join(', ')}. Make a new one and upload it to the app registration, or check the clock of this machine.`)
}

function dayOf (time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
