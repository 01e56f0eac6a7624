import { found, nothing } from '../finding.ts'
import type { Facts, Finding } from '../types.ts'

/** Score of a sign-in name: at a threshold as low, it is all that a merge needs. */
const signInNameScore = 50

/**
 * Merging where nothing was seen yet that could prove an address: safe, and it never happens. Whoever comes with the
 * address of somebody is refused instead (`email_in_use`).
 */
export function checkMergeProof ({ application: { isMultiTenant, linking, email, tenant }, token, manifest }: Facts): readonly Finding[] {
  if (linking?.allow_email_account_merge !== true || email === null || !isMultiTenant) return nothing
  const hasProof = linking.verify_email || Object.keys(email.tenantDomains).length > 0 || email.threshold <= signInNameScore ||
    (token !== null && Object.hasOwn(token.claims, 'xms_edov')) || manifest?.idTokenClaims.includes('xms_edov') === true
  if (hasProof) return nothing
  return found('warning', 'merge_unproven', {
    seen: `Option "allow_email_account_merge" is on under the tenant "${tenant}", and no proof of addresses was seen: no "xms_edov" in a token or manifest, no "verify_email", no "tenantDomains".`,
    why: 'Without proof nobody is ever merged: who comes with an address that an account holds is refused (email_in_use).',
    remedy: 'Add the optional claim "xms_edov" (fastify-entra manifest prints the part to paste) and sign in once, or turn "verify_email" on.'
  })
}

/** Merging on the word of each tenant about the names in its own domains. */
export function checkMergeThreshold ({ application: { isMultiTenant, linking, email, tenant } }: Facts): readonly Finding[] {
  if (linking?.allow_email_account_merge !== true || email === null || !isMultiTenant) return nothing
  if (email.threshold > signInNameScore || !email.emailSources.includes('upn')) return nothing
  return found('warning', 'merge_on_sign_in_name', {
    seen: `Option "allow_email_account_merge" is on under the tenant "${tenant}", and the sign-in name (upn) of a member is enough: "threshold" is ${email.threshold}.`,
    why: 'Whoever administers a tenant gives out the names in its domains: they enter the account of anybody whose address is there, whether there is such a mailbox or not.',
    remedy: 'Raise "threshold" to 90, so that Microsoft must vouch for the address (xms_edov), or turn merging off.'
  })
}

/** Behind a proxy that ends TLS, a Secure cookie is set only where the proxy is believed (abuse case S21). */
export function checkProxy ({ application: { origin, endsTls, trustsProxy } }: Facts): readonly Finding[] {
  if (!origin.startsWith('https:') || endsTls || trustsProxy !== false) return nothing
  return found('error', 'trust_proxy_missing', {
    seen: `"baseUrl" is ${origin}, this server speaks plain http, and Fastify's option "trustProxy" is not set.`,
    why: 'It cannot see that the browser came by https, so it sets no Secure cookie: every sign-in ends with insecure_transport.',
    remedy: 'Set trustProxy of Fastify to the address of the proxy that ends TLS, and let that send X-Forwarded-Proto.'
  })
}

/** Cookies belong to a host: a sign-in that starts at 127.0.0.1 cannot end at localhost. */
export function checkHost ({ application: { origin, requestHost } }: Facts): readonly Finding[] {
  if (requestHost === null || requestHost === new URL(origin).host) return nothing
  return found('warning', 'other_host', {
    seen: `This page was opened at ${requestHost}, and "baseUrl" is ${origin}.`,
    why: 'A sign-in ends at "baseUrl", where the browser has none of the cookies of the other address.',
    remedy: `Open ${origin}, or change "baseUrl".`
  })
}
