import type { FastifyRequest } from 'fastify'
import { isEntraError } from '../../src/core/errors.ts'
import type { TokenOutcome } from '../../src/diagnosis/explanation.ts'
import type { Arrival } from '../../src/pages/setup.ts'
import type { Authorization } from '../../src/provider/types.ts'
import { explainToken } from '../diagnosis/explain-token.ts'
import { yardstickOf } from '../diagnosis/yardstick.ts'
import type { SignIn } from '../sign-in.ts'

/** Gives the last sign-in; `null` while there was none. */
export type LastArrival = () => Arrival | null

/**
 * Looks on while people sign in, and remembers the last token, explained before linking has changed anything. It is kept
 * in memory alone, and no sign-in fails by it.
 */
export function watchSignIns (signIn: SignIn): LastArrival {
  let last: Arrival | null = null
  const { verify, link } = signIn

  if (verify !== null) {
    signIn.verify = async (request, authorization) => {
      const verifying = verify(request, authorization)
      const refusal = await refusalOf(verifying)
      await note(request, authorization, refusal === null ? { outcome: 'accepted' } : { outcome: 'refused', ...refusal })
      return await verifying
    }
  }
  if (link !== null) {
    signIn.link = async (request, verified) => {
      const linking = link(request, verified)
      const refusal = await refusalOf(linking)
      const result = refusal === null ? (await linking).row : `${refusal.reason.replace('linking_', '')}: ${refusal.code}`
      last = last && { ...last, result }
      return await linking
    }
  }
  return () => last

  async function note (request: FastifyRequest, { attempt, code, tokens, issuer }: Authorization, ended: TokenOutcome): Promise<void> {
    const { knowledgeOf, ...yardstick } = yardstickOf(signIn)
    try {
      const explanation = await explainToken(tokens.idToken, {
        ...yardstick,
        nonce: attempt.nonce,
        came: { accessToken: tokens.accessToken, code, issuer },
        ended,
        // Who links by hand is decided about by other rows.
        knowledgeOf: attempt.intent === 'sign-in' ? knowledgeOf : undefined
      })
      last = { at: yardstick.now, explanation, result: null }
    } catch {
      request.log.warn('the set-up assistant could not explain a sign-in')
    }
  }
}

/** Waits for something, and says by what it was refused; `null` where it was not. */
async function refusalOf (promise: Promise<unknown>): Promise<{ code: string, reason: string } | null> {
  try {
    await promise
    return null
  } catch (error) {
    return isEntraError(error) ? { code: error.code, reason: error.detail.reason } : { code: 'server_error', reason: 'unexpected' }
  }
}
