import type { Application } from './types.ts'

/**
 * The application as the portal shows it under *Manifest*, in the format of Microsoft Graph: the members that a set-up
 * hangs on. No secret is in it.
 */
export function manifestOf (application: Application): Record<string, unknown> {
  const { clientId, platform, signInAudience, optionalClaims, acceptMappedClaims, removeUnverifiedEmailClaim, clientSecrets, certificates = [], frontChannelLogout } = application
  const redirectUris = [...application.redirectUris]
  return {
    appId: clientId,
    displayName: 'Simulated application',
    signInAudience,
    api: { acceptMappedClaims: acceptMappedClaims === false ? null : true, requestedAccessTokenVersion: 2 },
    authenticationBehaviors: { removeUnverifiedEmailClaim: removeUnverifiedEmailClaim === true },
    web: {
      redirectUris: platform === 'web' ? redirectUris : [],
      logoutUrl: frontChannelLogout?.url ?? null,
      implicitGrantSettings: { enableAccessTokenIssuance: false, enableIdTokenIssuance: false }
    },
    spa: { redirectUris: platform === 'spa' ? redirectUris : [] },
    optionalClaims: {
      idToken: [...optionalClaims].map((name) => ({ name, source: null, essential: false, additionalProperties: [] })),
      accessToken: [],
      saml2Token: []
    },
    passwordCredentials: clientSecrets.flatMap(({ expiresAt }, index) => credential(`secret ${index + 1}`, expiresAt)),
    keyCredentials: certificates.flatMap(({ expiresAt }, index) => credential(`certificate ${index + 1}`, expiresAt))
  }
}

/** One that never ends there is not at Microsoft: it is left out. */
function credential (displayName: string, expiresAt: number | undefined): Array<Record<string, string>> {
  return expiresAt === undefined ? [] : [{ displayName, endDateTime: new Date(expiresAt).toISOString() }]
}
