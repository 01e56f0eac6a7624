import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { selfSign } from '../../src/simulator/certificate.ts'

/** A certificate of a test's own, with its key. */
export interface TestCertificate {
  readonly certificate: string
  readonly privateKey: string
  readonly key: KeyObject
}

const keys = new Map<string, { publicKey: KeyObject, privateKey: KeyObject }>()

/** Keys take a while to make: one of each name serves a whole file. */
export function rsaKey (name: string, modulusLength = 2_048): { publicKey: KeyObject, privateKey: KeyObject } {
  const known = keys.get(name) ?? generateKeyPairSync('rsa', { modulusLength })
  keys.set(name, known)
  return known
}

/** @param from - First day, as in `20210101`. @param to - The day of its end. */
export function makeCertificate (name = 'app', { from = '20200101', to = '20491231', modulusLength = 2_048 } = {}): TestCertificate {
  const { publicKey, privateKey } = rsaKey(name, modulusLength)
  const der = redate(selfSign(name, publicKey, privateKey), from, to, privateKey)
  return { certificate: pem('CERTIFICATE', der), privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, key: privateKey }
}

export function pem (label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der.toString('base64').replace(/(.{64})/g, '$1\n').trimEnd()}\n-----END ${label}-----\n`
}

export function encrypted (key: string, passphrase: string): string {
  return createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }) as string
}

/** Writes other dates, which are as long as the old ones, and signs again. */
function redate (der: Buffer, from: string, to: string, privateKey: KeyObject): Buffer {
  const copy = Buffer.from(der)
  for (const [old, date] of [['200101000000Z', from], ['491231235959Z', to]] as const) {
    copy.write(`${date.slice(2)}000000Z`, copy.indexOf(old), 'latin1')
  }
  // The outer sequence has two octets of length here, and so has what is signed.
  const start = 4
  const end = start + 4 + copy.readUInt16BE(start + 2)
  const signature = sign('sha256', copy.subarray(start, end), privateKey)
  signature.copy(copy, copy.length - signature.length)
  return copy
}
