import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { ConfigurationError } from '../core/errors.ts'
import type { SigningCertificate } from './assertion.ts'
import type { CertificateCredential } from './types.ts'

/** A certificate and the key that belongs to it. */
export interface CheckedCertificate extends SigningCertificate {
  /** The first eight digits of the SHA-1 thumbprint, in capitals as the Azure portal lists it. */
  readonly shortThumbprint: string
  /** Milliseconds since 1970. */
  readonly notBefore: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** RFC 7518 section 3.5 asks for it, and whoever factors the key signs in as the application. */
const fewestBits = 2_048

/**
 * Reads certificate and key, and makes sure that they belong together (abuse case O37).
 *
 * @param place - Where they stand among the options, for the message.
 * @throws ConfigurationError
 */
export function readCertificate (
  { certificate, privateKey, passphrase }: Pick<CertificateCredential, 'certificate' | 'privateKey' | 'passphrase'>, place: string
): CheckedCertificate {
  const key = readKey(privateKey, passphrase, place)
  const certificates = readCertificates(certificate, place)
  // A text with the whole chain in it has the authority's certificate as well, in either order.
  const own = certificates.find((one) => one.checkPrivateKey(key))
  if (own === undefined) {
    throw wrong(place, 'option "privateKey" does not belong to option "certificate". Give the key that the certificate was made with.')
  }
  return Object.freeze({
    privateKey: key,
    thumbprint: createHash('sha256').update(own.raw).digest('base64url'),
    shortThumbprint: own.fingerprint.replaceAll(':', '').slice(0, 8),
    notBefore: own.validFromDate.getTime(),
    expiresAt: own.validToDate.getTime()
  })
}

function readKey (privateKey: string, passphrase: string | undefined, place: string): KeyObject {
  const isEncrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4,ENCRYPTED/m.test(privateKey)
  if (!/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(privateKey)) {
    throw wrong(place, 'option "privateKey" holds no private key. Give the PEM text with a line "-----BEGIN PRIVATE KEY-----".')
  }
  if (isEncrypted && passphrase === undefined) throw wrong(place, 'option "privateKey" is encrypted. Give option "passphrase" as well.')
  if (!isEncrypted && passphrase !== undefined) throw wrong(place, 'option "passphrase" was given, but option "privateKey" is not encrypted. Leave it out, or give the encrypted key.')
  const key = parseKey(privateKey, passphrase, place)
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type !== 'rsa') throw wrong(place, `option "privateKey" is of the type ${type}. Microsoft takes RSA keys: make one of at least ${fewestBits} bits.`)
  const bits = details!.modulusLength!
  if (bits < fewestBits) throw wrong(place, `option "privateKey" has ${bits} bits. Make a key of at least ${fewestBits} bits, and a certificate for it.`)
  return key
}

/** What the parser says is left out: it may quote the text. */
function parseKey (key: string, passphrase: string | undefined, place: string): KeyObject {
  try {
    return createPrivateKey({ key, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) })
  } catch {
    throw wrong(place, passphrase === undefined
      ? 'option "privateKey" cannot be read. Give the whole PEM text of an RSA key, with its line breaks.'
      : 'option "privateKey" cannot be read with option "passphrase". Give the passphrase that the key was encrypted with, and the whole PEM text, with its line breaks.')
  }
}

function readCertificates (text: string, place: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g)
  if (blocks === null) {
    throw wrong(place, 'option "certificate" holds no certificate. Give the PEM text with a line "-----BEGIN CERTIFICATE-----".')
  }
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch {
    throw wrong(place, 'option "certificate" cannot be read. Give the whole PEM text, with its line breaks.')
  }
}

function wrong (place: string, message: string): Error {
  return new ConfigurationError(`${place}: ${message}`)
}
