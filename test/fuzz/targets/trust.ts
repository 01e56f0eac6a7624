import fc from 'fast-check'
import { canonicalAddress } from '../../../src/verification/address.ts'
import { scoreEmail } from '../../../src/verification/score.ts'
import type { EmailPolicy } from '../../../src/verification/types.ts'
import { verifiedEmailOf } from '../../../src/verification/verified-email.ts'
import { claimsFrom, policies, settable } from '../../verification/settable-claims.ts'
import { ada, contoso } from '../../verification/tokens.ts'
import type { Target } from '../fuzz.ts'

interface Input {
  readonly claims: Readonly<Record<string, unknown>>
  readonly policy: EmailPolicy
}

const identity = { tid: contoso, oid: ada, sub: 'sub', iss: `https://login.microsoftonline.com/${contoso}/v2.0`, authority: 'https://login.microsoftonline.com' }

export const trust: Target<Input> = {
  name: 'trust',
  rule: 'without a true xms_edov, a bound domain or a code, no claim that a tenant or a person can set verifies an address (E25)',
  input: fc.record({ claims: claimsFrom([...settable, 'upn', 'acct', 'idp']), policy: policies }),
  reaches: ['0', '20', '50'],
  open: () => ({
    attempt: ({ claims, policy }) => {
      const scored = scoreEmail(claims, identity, policy)
      const { canonical, score, verified } = scored
      // The sign-in name of a member is Microsoft's own word, if a weak one; what it vouches for is itself.
      const most = canonical !== null && canonical === canonicalAddress(claims.upn).canonical ? 50 : 49
      const complaints = score > most || verified !== (verifiedEmailOf(scored) !== null) || (verified && score < policy.threshold) ? [`${score}, ${verified ? 'verified' : 'not verified'}`] : []
      return { outcome: String(score), complaints }
    },
    control: () => scoreEmail({ email: 'ada@contoso.example', xms_edov: true }, identity, { threshold: 90, emailSources: ['email'], strictEdov: true, tenantDomains: {} }).verified ? [] : ['no address is ever verified']
  })
}
