import type { ArtifactKind } from '../../src/identity/types.ts'
import type { OidcProvider } from './load.ts'

/** The error for who comes second: to a code or token that is used up, or with an assertion that was seen before (RFC 7523 section 3, `jti`). */
export function lostTo ({ InvalidClientAuth, InvalidGrant }: OidcProvider['errors']) {
  return function lost (kind: ArtifactKind): Error {
    return kind === 'ReplayDetection' ? new InvalidClientAuth('client assertion tokens must only be used once') : new InvalidGrant('used already')
  }
}
