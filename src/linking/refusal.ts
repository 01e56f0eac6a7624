import { type EntraError, refuse } from '../core/errors.ts'
import type { EvidenceKind, ScoredEmail } from '../verification/types.ts'
import type { Decision } from './decide.ts'
import type { LinkingRow } from './types.ts'

/** What whoever runs the application can do about a row that refuses, whatever the address says for itself. */
const remedies: Partial<Record<LinkingRow, string>> = {
  C3: 'The address is somebody\'s, and Microsoft does not vouch for it: with option "verify_email" a one-time code can prove it. Else the person signs in as before and links this account by hand.',
  D2: 'The tenant has vouched for the address with another person before. If it was given to somebody else there, take it from its holder: app.accounts.releaseEmail().',
  D4: 'The person signs in as before and links this account by hand; option "allow_email_account_merge" would do it by itself.'
}

// By the strongest evidence: what is missing in the token is mostly missing in the app registration.
const unverified: Partial<Record<EvidenceKind, string>> = {
  none: 'There is no usable address in the token: add the optional claims "email" and "xms_edov" for ID tokens (app registration, Token configuration; the manifest takes xms_edov). An account without a mailbox has none all the same.',
  asserted: 'Nothing speaks for the address: add the optional claim "xms_edov" for ID tokens to the app registration\'s manifest, or let a one-time code prove it by option "verify_email".',
  denied: 'Microsoft does not vouch for the address (xms_edov): option "verify_email" lets a one-time code prove it, option "tenantDomains" binds a domain to a tenant.'
}

/** The refusal of a decision: the row for the log, with what can be done about it. The address stays out of it. */
export function refusalOf ({ row, code, userId }: Extract<Decision, { action: 'refuse' }>, email: ScoredEmail): EntraError {
  return refuse(code, { reason: `linking_${row}`, row, userId, remedy: row === 'C2' ? unverified[email.evidence[0]!.kind] : remedies[row] })
}
