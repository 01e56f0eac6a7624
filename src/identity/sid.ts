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

/**
 * What the provider of a project calls the session that begins with one of the application: the same word for requests
 * that come at once. It stays when another session of the application takes the place of that one.
 *
 * @param appSession - Key of the application's session.
 */
export function uidOf (project: string, appSession: string): string {
  return createHash('sha256').update(`${project} ${appSession}`).digest('base64url')
}
