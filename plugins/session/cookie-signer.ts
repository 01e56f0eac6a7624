import { signerFactory } from '@fastify/cookie'

type Signer = ReturnType<typeof signerFactory>

/** How many signatures are remembered: a browser's session has one. */
const rememberedAtMost = 10_000

/**
 * The signer of @fastify/cookie, which remembers the good signatures of the newest secret: what was good once is good
 * for as long as the process has these secrets, and a browser shows it with each request.
 *
 * @param secrets - Newest first.
 */
export function createCookieSigner (secrets: string[]): Signer {
  const signer = signerFactory(secrets)
  const values = new Map<string, string>()
  return {
    unsign: (signed) => {
      const value = values.get(signed)
      if (value !== undefined) return { valid: true, renew: false, value }
      const result = signer.unsign(signed)
      if (result.valid && !result.renew) remember(signed, result.value)
      return result
    },
    sign: signer.sign.bind(signer)
  }

  function remember (signed: string, value: string): void {
    if (values.size >= rememberedAtMost) values.delete(values.keys().next().value!)
    values.set(signed, value)
  }
}
