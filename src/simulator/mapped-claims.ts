import { Fault } from './errors.ts'
import type { Account, Application } from './types.ts'

/** What an account may say by itself. Whatever else it says, a claims-mapping policy of its tenant has written. */
const ownClaims = new Set([
  'acct', 'auth_time', 'email', 'family_name', 'given_name', 'groups', 'hasgroups', 'idp', 'idtyp', 'login_hint', 'roles', 'sid', 'upn',
  'verified_primary_email', 'verified_secondary_email', 'wids', 'xms_edov', '_claim_names', '_claim_sources'
])

/**
 * A claims-mapping policy needs an application that accepts mapped claims, or has a signing key of its own
 * (Microsoft, 'Customize claims with the policy').
 *
 * @throws Fault 50146
 */
export function requireMappingAllowed ({ acceptMappedClaims, appSpecificKeys }: Application, { claims }: Pick<Account, 'claims'>): void {
  const isMapped = Object.keys(claims).some((name) => !ownClaims.has(name))
  if (isMapped && acceptMappedClaims === false && !appSpecificKeys) throw new Fault(50146)
}
