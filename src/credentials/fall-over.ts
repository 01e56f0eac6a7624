import { failureOf } from './refused.ts'
import type { CredentialRing } from './ring.ts'
import type { ClientAuthentication } from './types.ts'

/**
 * Sends a request with one credential after the other, until one is accepted. The next one is tried at once, and only
 * where the client was not authenticated: whatever else is refused is final, since a code is never sent twice.
 *
 * @throws what `send` throws; where no credential does, the refusal of the last one.
 */
export async function withCredentials<Answer> (ring: CredentialRing, send: (authentication: ClientAuthentication) => Promise<Answer>): Promise<Answer> {
  let last: unknown
  for (const credential of ring.order()) {
    try {
      const answer = await send(await credential.authenticate())
      ring.succeeded(credential)
      return answer
    } catch (error) {
      const failure = failureOf(error)
      if (failure === null) throw error
      ring.failed(credential, failure)
      last = error
    }
  }
  ring.exhausted()
  throw last
}
