import { personalTenant } from '../../src/core/personal-tenant.ts'
import type { TokenFacts } from '../../src/diagnosis/types.ts'
import { readCompactJws } from '../../src/verification/compact-jws.ts'

/** What the checks read of an ID token; `null` where it is none. */
export function factsOfToken (idToken: string, refusal: TokenFacts['refusal'] = null): TokenFacts | null {
  try {
    const { payload: claims } = readCompactJws(idToken)
    return { claims, isPersonal: claims.tid === personalTenant, refusal }
  } catch {
    return null
  }
}
