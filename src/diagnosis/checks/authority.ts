import { clockSkew } from '../../core/clock-skew.ts'
import { found, nothing } from '../finding.ts'
import type { Facts, Finding } from '../types.ts'

/** Whether the authority answers at all, as the one that it shall be. */
export function checkAuthority ({ application, microsoft }: Facts): readonly Finding[] {
  if (microsoft === null) return nothing
  const { configuration: { answer, failure } } = microsoft
  if (failure !== null) return unreachable(application.authority, failure.code, failure.reason)
  if (answer.aadsts !== null) return unknownTenant(application.tenant, answer.aadsts)
  const { issuer } = answer
  if (issuer === null) {
    return found('error', 'authority_misbehaves', {
      seen: `What ${application.authority} answers names no issuer.`,
      why: 'That is no authority of Microsoft\'s, or something in between changes its answers.',
      remedy: 'Check option "authority", and whether a proxy answers in its place.'
    })
  }
  if (application.issuer === null || issuer === application.issuer) return nothing
  return found('error', 'issuer_differs', {
    seen: `The authority names ${JSON.stringify(issuer)} as the issuer of its tokens, and ${JSON.stringify(application.issuer)} is expected.`,
    why: 'Each token would be refused.',
    remedy: 'Check options "authority" and "tenant"; where the authority is a custom domain of External ID, give that issuer as option "issuer".'
  })
}

function unreachable (authority: string, code: string, reason: string): readonly Finding[] {
  if (code === 'provider_error') {
    return found('error', 'authority_misbehaves', {
      seen: `${authority} gives an answer that is none of Microsoft's (${reason}).`,
      why: 'Its keys could not be fetched, and nobody can sign in.',
      remedy: 'Check option "authority", and whether a proxy answers in its place.'
    })
  }
  return found('error', 'authority_unreachable', {
    seen: `${authority} cannot be reached (${reason}).`,
    why: 'Codes could not be redeemed and keys not fetched, so nobody can sign in.',
    remedy: 'Let this machine connect to that host by https: look at the firewall, the name resolution, and whether Node needs a proxy (NODE_USE_ENV_PROXY).'
  })
}

function unknownTenant (tenant: string, aadsts: number): readonly Finding[] {
  return found('error', 'tenant_unknown', {
    seen: `Microsoft knows no tenant ${JSON.stringify(tenant)} (AADSTS${aadsts}).`,
    why: 'Nobody can sign in there.',
    remedy: 'Copy the Directory (tenant) ID of the Azure portal into option "tenant", or give "common", "organizations" or "consumers"; the US Government\'s cloud and China need option "authority" as well.'
  })
}

/** Whether this machine's clock is right enough for tokens. */
export function checkClock ({ microsoft }: Facts): readonly Finding[] {
  const ahead = microsoft?.clockAhead ?? 0
  if (Math.abs(ahead) <= clockSkew) return nothing
  return found('error', 'clock_wrong', {
    seen: `The clock of this machine is ${Math.round(Math.abs(ahead) / 1_000)} seconds ${ahead > 0 ? 'behind' : 'ahead of'} Microsoft's.`,
    why: 'Tokens would be refused as not valid yet, or as over, and so would assertions that a certificate signs.',
    remedy: 'Set the clock by NTP.'
  })
}
