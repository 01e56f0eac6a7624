import { checkAuthority, checkClock } from './checks/authority.ts'
import { checkEmailClaims, checkMappedClaims, checkOtherClaims, checkRefusal, checkUnverifiedEmail } from './checks/claims.ts'
import { checkCredentials, checkManifestCredentials } from './checks/credentials.ts'
import {
  checkAcceptMappedClaims, checkAudience, checkImplicitGrant, checkLogoutUrl, checkOwner, checkRedirectUrls, checkWildcards
} from './checks/manifest.ts'
import { checkHost, checkMergeProof, checkMergeThreshold, checkProxy } from './checks/options.ts'
import { checkAuthorization, checkPlatform } from './checks/registration.ts'
import type { Check, Facts, Finding } from './types.ts'

/** All checks, in the order in which one would look. */
const checks: readonly Check[] = [
  checkAuthority, checkClock,
  checkAuthorization, checkPlatform,
  checkCredentials, checkManifestCredentials,
  checkProxy, checkHost,
  checkOwner, checkAudience, checkRedirectUrls, checkWildcards, checkAcceptMappedClaims, checkLogoutUrl, checkImplicitGrant,
  checkRefusal, checkEmailClaims, checkOtherClaims, checkMappedClaims, checkUnverifiedEmail,
  checkMergeProof, checkMergeThreshold
]

/**
 * Looks through the facts for all that is wrong with a set-up. Pure. What two sources tell alike, such as Microsoft's
 * answer and the manifest, is told once: errors first.
 */
export function diagnose (facts: Facts): readonly Finding[] {
  const all = checks.flatMap((check) => check(facts))
  // Several credentials may be refused, each is a finding of its own.
  const once = all.filter((finding, index) => all.findIndex(({ id, seen }) => id === finding.id && (isOfCredential(id) ? seen === finding.seen : true)) === index)
  return Object.freeze([...once.filter(({ severity }) => severity === 'error'), ...once.filter(({ severity }) => severity === 'warning')])
}

function isOfCredential (id: Finding['id']): boolean {
  return id.startsWith('credential_') || id === 'secret_wrong'
}
