import { groupsOf } from './groups.ts'
import { microsoftSessionOf } from './microsoft-session.ts'
import { profileOf } from './profile.ts'
import { rolesOf, type TenantRoles } from './roles.ts'
import { scoreEmail } from './score.ts'
import type { EmailPolicy, Identity, MailboxControl, VerifiedToken } from './types.ts'
import { verifiedEmailOf } from './verified-email.ts'

/** What the operator has chosen about what follows from a token. */
export interface TokenPolicy {
  readonly policy: EmailPolicy
  readonly tenantRoles: TenantRoles
}

/**
 * What follows from the claims of a token that holds. A pure function.
 *
 * @param mailboxControl - The address that the person has proven by a one-time code, where there is one.
 */
export function describeToken (
  identity: Identity, claims: Readonly<Record<string, unknown>>, { policy, tenantRoles }: TokenPolicy, mailboxControl?: MailboxControl
): VerifiedToken {
  const email = scoreEmail(claims, identity, policy, mailboxControl)
  return Object.freeze({
    identity,
    profile: profileOf(claims),
    email,
    verifiedEmail: verifiedEmailOf(email),
    roles: rolesOf(claims, identity, tenantRoles).roles,
    groups: groupsOf(claims),
    session: microsoftSessionOf(claims),
    claims
  })
}
