import { ConfigurationError } from '../core/errors.ts'
import { isGuid } from '../core/guid.ts'
import { is, type OptionRule, type OptionRules, readOptions } from '../core/options.ts'
import type {
  CertificateCredential, Credential, CredentialKind, FederatedCredential, SecretCredential, TokenFileCredential
} from './types.ts'

/** A credential whose members were checked one by one, with its kind. */
export type ReadCredential =
  | { readonly kind: 'secret', readonly options: Readonly<SecretCredential> }
  | { readonly kind: 'certificate', readonly options: Readonly<CertificateCredential> }
  | { readonly kind: 'federated', readonly options: Readonly<FederatedCredential> }
  | { readonly kind: 'tokenFile', readonly options: Readonly<TokenFileCredential> }

/** Where a credential stands among the options, as messages call it. */
export const placeOf = (index: number): string => `fastify-entra/provider: credentials[${index}]`

const name: OptionRule<string> = {
  defaultText: 'kind and number, or thumbprint',
  check: (value) => is.text(value) && /^[\x20-\x7e]{1,60}$/.test(value as string),
  expected: 'one to 60 printable ASCII characters such as "spring 2027"',
  about: 'What the log calls it.'
}

/** A path where a text is wanted is the slip that is made most often. */
const pem: Omit<OptionRule<string>, 'about'> = {
  required: true,
  check: (value) => typeof value === 'string' && value.includes('-----BEGIN '),
  expected: 'a text in PEM, with a line "-----BEGIN …-----"',
  remedy: 'Give the text and not its path: readFileSync(path, "utf8"). docs/credentials.md says how PEM is made of a PKCS#12 file (.pfx, .p12).',
  // Whatever was given in place of it may be a key.
  secret: true
}

/** The rules behind {@link SecretCredential}. */
export const secretRules: OptionRules<SecretCredential> = {
  secret: {
    required: true,
    check: (value) => typeof value === 'string' && /^[\x21-\x7e]{8,}$/.test(value) && !isGuid(value),
    expected: 'the value of a client secret',
    remedy: 'Copy the column "Value" of the Azure portal, not the "Secret ID".',
    secret: true,
    about: 'Value of a client secret. Never logged.'
  },
  expiresAt: {
    defaultText: 'unknown',
    check: (value) => dateOf(value) !== null,
    expected: 'a Date, or a date such as "2027-05-31" or "2027-05-31T12:00:00Z"',
    about: 'When it ends; the Azure portal shows it. Without it nothing warns ahead.'
  },
  name
}

/** The rules behind {@link CertificateCredential}. */
export const certificateRules: OptionRules<CertificateCredential> = {
  certificate: { ...pem, about: 'The certificate in PEM.' },
  privateKey: { ...pem, about: 'Its RSA key in PEM, 2048 bits at least. Never logged.' },
  passphrase: {
    defaultText: 'none',
    check: (value) => typeof value === 'string' && value !== '',
    expected: 'a text',
    secret: true,
    about: 'What the key is encrypted with. Never logged.'
  },
  name
}

/** The rules behind {@link FederatedCredential}. */
export const federatedRules: OptionRules<FederatedCredential> = {
  federated: {
    required: true,
    check: is.function,
    expected: 'a function that gives a token',
    remedy: 'A token itself ends within the hour. Give a function, or the path of a file as "tokenFile".',
    secret: true,
    about: 'Gives the token of somebody whom the app registration trusts.'
  },
  name
}

/** The rules behind {@link TokenFileCredential}. */
export const tokenFileRules: OptionRules<TokenFileCredential> = {
  tokenFile: {
    required: true,
    check: (value) => is.text(value) && !/^eyJ|[\0\n]/.test(value as string),
    expected: 'the path of a file with a token in it',
    remedy: 'Give the path and not the token, which ends within the hour.',
    secret: true,
    about: 'Path of a file with the token, read at each use.'
  },
  name
}

/** A kind by the member that only it has. */
const kinds = { secret: secretRules, certificate: certificateRules, federated: federatedRules, tokenFile: tokenFileRules } as const

/**
 * Checks the members of one credential.
 *
 * @throws ConfigurationError that names the member and the remedy, and never shows a value.
 */
export function readCredential (given: Credential, index: number): ReadCredential {
  const names = Object.keys(given)
  // A key without its certificate is meant as one: the message then says that the certificate is missing.
  const present = (Object.keys(kinds) as CredentialKind[]).filter((kind) => names.includes(kind) || (kind === 'certificate' && names.includes('privateKey')))
  const [kind] = present
  if (kind === undefined) {
    throw new ConfigurationError(`${placeOf(index)}: it is no credential. Give one of secret, certificate (with privateKey), federated and tokenFile.`)
  }
  if (present.length > 1) {
    throw new ConfigurationError(`${placeOf(index)}: it holds ${present.join(' and ')}. Make each of them an entry of its own.`)
  }
  return { kind, options: readOptions(placeOf(index), kinds[kind] as OptionRules<Credential>, given) } as ReadCredential
}

/** A date alone is the beginning of that day, UTC: rather a day too early than too late. */
export function dateOf (value: unknown): number | null {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.getTime()
  if (typeof value !== 'string') return null
  const [, day] = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.exec(value) ?? []
  const time = Date.parse(value)
  // The parser takes 31 February for 3 March.
  return day === undefined || Number.isNaN(time) || new Date(Date.parse(day)).toISOString().slice(0, 10) !== day ? null : time
}
