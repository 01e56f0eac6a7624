import { found, nothing } from '../finding.ts'
import { spellingsOf } from '../redirect-spellings.ts'
import type { Facts, Finding } from '../types.ts'
import { differs, singlePage } from './registration.ts'

/** Whether the manifest is of this application at all. */
export function checkOwner ({ application: { clientId }, manifest }: Facts): readonly Finding[] {
  if (manifest === null || manifest.clientId === null || manifest.clientId === clientId) return nothing
  return found('error', 'manifest_of_another', {
    seen: `The manifest is of the application ${manifest.clientId}, and option "clientId" is ${clientId}.`,
    why: 'What it says is not about this application.',
    remedy: 'Take the manifest of the right app registration, or the client id of the right one.'
  })
}

/**
 * Whether any tenant may write claims into the tokens of this application (abuse case X07). Microsoft warns against it
 * for multi-tenant applications (Customize claims with a policy, 'Security considerations').
 */
export function checkAcceptMappedClaims ({ application, manifest }: Facts): readonly Finding[] {
  if (manifest?.acceptsMappedClaims !== true) return nothing
  const isMultiTenant = manifest.isMultiTenant ?? application.isMultiTenant
  return found(isMultiTenant ? 'error' : 'warning', 'mapped_claims_accepted', {
    seen: `The manifest has "acceptMappedClaims": true${isMultiTenant ? ', and people of any tenant may sign in' : ''}.`,
    why: 'An administrator of a tenant may then write any claim into tokens for this application, such as email_verified, signed by Microsoft. Some guides ask for it; no optional claim needs it, xms_edov neither.',
    remedy: 'Set "acceptMappedClaims" to null in the manifest of the app registration.'
  })
}

/** Where the redirect URL stands in the manifest. */
export function checkRedirectUrls ({ application: { redirectUri }, manifest }: Facts): readonly Finding[] {
  if (manifest === null) return nothing
  const { webRedirectUris, singlePageRedirectUris } = manifest
  if (singlePageRedirectUris.includes(redirectUri)) return singlePage(redirectUri, 'in the manifest')
  if (webRedirectUris.includes(redirectUri)) return nothing
  const near = spellingsOf(redirectUri).find((spelling) => webRedirectUris.includes(spelling))
  if (near !== undefined) return differs(redirectUri, near)
  return found('error', 'redirect_url_unregistered', {
    seen: `The redirect URL ${redirectUri} is not in the manifest, platform Web.`,
    why: 'Microsoft sends nobody back who signs in.',
    remedy: `Add it in the Azure portal, Authentication, platform Web, character by character: ${redirectUri}`
  })
}

/** A redirect URL with an asterisk lets codes go to whoever gets hold of any host there (RFC 9700 section 4.1). */
export function checkWildcards ({ manifest }: Facts): readonly Finding[] {
  const wild = [...manifest?.webRedirectUris ?? [], ...manifest?.singlePageRedirectUris ?? []].find((url) => url.includes('*'))
  if (wild === undefined) return nothing
  return found('warning', 'redirect_url_wildcard', {
    seen: `The redirect URL ${wild} is registered, with an asterisk.`,
    why: 'Codes may be sent to every host and path that it covers.',
    remedy: 'Register each redirect URL by itself. Where a sign-in ends is another matter: option "allowedRedirectUrls" has patterns.'
  })
}

/** Whom the registration is for, compared with whom the options ask for. */
export function checkAudience ({ application: { isMultiTenant, tenant }, manifest }: Facts): readonly Finding[] {
  if (manifest?.isMultiTenant !== false || !isMultiTenant) return nothing
  return found('error', 'registration_single_tenant', {
    seen: `The manifest is for one tenant ("signInAudience": "AzureADMyOrg"), and option "tenant" is ${JSON.stringify(tenant)}.`,
    why: 'Microsoft refuses everybody (AADSTS50194).',
    remedy: 'Give the GUID of that tenant as option "tenant"; or, where people of other tenants shall sign in, change "Supported account types" (Authentication) of the app registration.'
  })
}

/** Whether Microsoft knows what to call when somebody signs out there. It takes https addresses only. */
export function checkLogoutUrl ({ application: { frontChannelLogoutUrl: ours }, manifest }: Facts): readonly Finding[] {
  if (manifest === null || ours === null || !ours.startsWith('https:') || manifest.logoutUrl === ours) return nothing
  return found('warning', 'logout_url_differs', {
    seen: manifest.logoutUrl === null ? 'No front-channel logout URL is registered.' : `The front-channel logout URL that is registered is ${manifest.logoutUrl}.`,
    why: 'Whoever signs out at Microsoft stays signed in here.',
    remedy: `Register it in the Azure portal, Authentication, Front-channel logout URL: ${ours}`
  })
}

/** Tokens right from the authorization endpoint are not asked for here, and nobody else should get them (RFC 9700 section 2.1.2). */
export function checkImplicitGrant ({ manifest }: Facts): readonly Finding[] {
  if (manifest?.hasImplicitGrant !== true) return nothing
  return found('warning', 'implicit_grant_on', {
    seen: 'The registration lets the authorization endpoint give tokens (implicit grant).',
    why: 'They travel through the address of the browser. This library asks for a code and needs none of it.',
    remedy: 'Turn "ID tokens" and "Access tokens" off in the Azure portal, Authentication, "Implicit grant and hybrid flows".'
  })
}
