import { signerFactory } from '@fastify/cookie'
import { remembering } from '../../src/core/bounded-map.ts'

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
  return {
    unsign: remembering((signed) => signer.unsign(signed), rememberedAtMost, ({ valid, renew }) => valid && !renew),
    sign: signer.sign.bind(signer)
  }
}
