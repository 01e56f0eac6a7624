import type { Account, Claims } from './types.ts'

/** How many groups a token holds at most (Microsoft, 'ID token claims reference', 'Groups overage claim'). */
const groupsAtMost = 200

/** The claims of somebody who is in too many groups: none of them, and where to ask (OpenID Connect Core section 5.6.2). */
export function withoutOverage (claims: Claims, { oid }: Pick<Account, 'oid'>): Claims {
  const { groups, ...others } = claims
  if (!Array.isArray(groups) || groups.length <= groupsAtMost) return claims
  return {
    ...others,
    _claim_names: { groups: 'src1' },
    _claim_sources: { src1: { endpoint: `https://graph.microsoft.com/v1.0/users/${oid}/getMemberObjects` } }
  }
}
