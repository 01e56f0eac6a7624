import { createHash } from 'node:crypto'

/**
 * What an app calls a session (OpenID Connect Back-Channel Logout section 2.1, `sid`). Each app has another word for
 * it, so that apps cannot compare what people do; and it follows from session and app, so that two apps that are signed
 * in to at the same moment do not overwrite each other's.
 *
 * @param uid - Of the provider's session: nobody outside knows it.
 */
export function sidOf (uid: string, clientId: string): string {
  return createHash('sha256').update(`${uid} ${clientId}`).digest('base64url')
}
