import { generateKeyPairSync } from 'node:crypto'
import tls from 'node:tls'
import { selfSign } from '../../src/simulator/certificate.ts'

interface KeyAndCertificate { readonly key: string, readonly cert: string }

let trusted: KeyAndCertificate | undefined

/**
 * A key and a certificate for `localhost` that this process, and nobody else, trusts from now on.
 * There is one: of two trusted certificates under one name, OpenSSL looks at one only.
 */
export function trustedTls (): KeyAndCertificate {
  trusted ??= makeTrusted()
  return trusted
}

function makeTrusted (): KeyAndCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const der = selfSign('localhost', publicKey, privateKey).toString('base64')
  const cert = `-----BEGIN CERTIFICATE-----\n${der.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), cert])
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, cert }
}
