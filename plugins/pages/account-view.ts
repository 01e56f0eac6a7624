import type { FastifyRequest } from 'fastify'
import { summaryOf } from '../../src/linking/identity-summary.ts'
import type { AccountPageView } from '../../src/pages/account.ts'
import { signInOrigins } from '../../src/pages/form-targets.ts'
import type { SessionUser } from '../../src/session/types.ts'
import type { SignIn } from '../sign-in.ts'

/** The whole account, read at each visit: what was linked or ended elsewhere shows. */
export async function accountView (signIn: SignIn, user: SessionUser, request: FastifyRequest): Promise<AccountPageView> {
  const { accounts, sessions, sessionPaths, logoutPath, linkPath, unlinkPath } = signIn
  const identities = []
  for (const identity of await accounts!.identities(user.id)) {
    identities.push({ ...summaryOf(identity, user.identity), canUnlink: await accounts!.canUnlink(user.id, identity) })
  }
  return {
    user,
    csrfToken: signIn.csrfTokenOf!(request),
    identities,
    identifiers: await accounts!.emails(user.id),
    sessions: await sessions!.list(user.id, request),
    signsOutAtMicrosoft: signIn.microsoftSignOut?.byDefault ?? null,
    paths: { logout: logoutPath!, link: linkPath, unlink: unlinkPath, endSession: sessionPaths!.end, endOtherSessions: sessionPaths!.endOthers, endAllSessions: sessionPaths!.endAll }
  }
}

/** Linking and signing out lead to Microsoft, and whatever is refused to the error page, which may be the application's own. */
export function accountFormTargets ({ linkPath, errorUrl, microsoftSignOut, config: { authority, origin } }: SignIn): string[] {
  const origins = [...(linkPath === null ? [] : signInOrigins(authority.base)), ...microsoftSignOut?.origins ?? [], new URL(errorUrl!, origin).origin]
  return [...new Set(origins)].filter((target) => target !== origin)
}
