import { signerFactory } from '@fastify/cookie'

type Signer = ReturnType<typeof signerFactory>

/** How many signatures are remembered: a browser's session has one. */
const rememberedAtMost = 10_000

/**
 * The signer of @fastify/cookie, which remembers the good signatures of the newest secret: what was good once is good
 * for as long as the process has these secrets. @fastify/session has each request's id verified, and signed again.
 *
 * @param secrets - Newest first.
 */
export function createCookieSigner (secrets: string[]): Signer {
  const signer = signerFactory(secrets)
  const values = new Map<string, string>()
  let last = { value: '', signed: '' }
  return {
    unsign: (signed) => {
      const value = values.get(signed) ?? verify(signed)
      if (value === null) return signer.unsign(signed)
      last = { value, signed }
      return { valid: true, renew: false, value }
    },
    sign: (value) => value === last.value ? last.signed : signer.sign(value)
  }

  /** The value under a good signature of the newest secret. */
  function verify (signed: string): string | null {
    const { value, renew } = signer.unsign(signed)
    if (value === null || renew) return null
    if (values.size >= rememberedAtMost) values.delete(values.keys().next().value!)
    values.set(signed, value)
    return value
  }
}
