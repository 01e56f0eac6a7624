import { type KeyObject, sign } from 'node:crypto'

// What X.509 needs of DER (ITU-T X.690), and no more: Microsoft's key set
// carries a certificate with each key, and no other part of Node writes one.
const sequence = 0x30
const set = 0x31
const integer = 0x02
const bitString = 0x03
const utf8String = 0x0c
const utcTime = 0x17
const versionTag = 0xa0

const sha256WithRsa = der(sequence, Buffer.from('06092a864886f70d01010b0500', 'hex'))
const commonName = Buffer.from('0603550403', 'hex')
// Fixed, so that a test may set its clock as it likes.
const validity = der(sequence, der(utcTime, Buffer.from('200101000000Z')), der(utcTime, Buffer.from('491231235959Z')))

/**
 * Makes a self-signed certificate (RFC 5280 section 4.1).
 *
 * @param name - Common name of subject and issuer.
 * @returns the certificate in DER.
 */
export function selfSign (name: string, publicKey: KeyObject, privateKey: KeyObject): Buffer {
  const dn = der(sequence, der(set, der(sequence, commonName, der(utf8String, Buffer.from(name)))))
  const body = der(sequence,
    der(versionTag, der(integer, Buffer.of(2))), der(integer, Buffer.of(1)),
    sha256WithRsa, dn, validity, dn, publicKey.export({ type: 'spki', format: 'der' }))
  return der(sequence, body, sha256WithRsa, der(bitString, Buffer.of(0), sign('sha256', body, privateKey)))
}

function der (tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content])
}

function lengthOf (length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  const hex = length.toString(16)
  const bytes = Buffer.from(hex.padStart(hex.length + hex.length % 2, '0'), 'hex')
  return Buffer.concat([Buffer.of(0x80 | bytes.length), bytes])
}
