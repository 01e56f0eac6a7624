import { endpointsOf } from '../../src/core/authority.ts'
import type { Seal } from '../../src/core/seal.ts'
import { signInOrigins } from '../../src/pages/form-targets.ts'
import type { ProviderConfig } from '../../src/provider/config.ts'
import { openLoginHint } from '../../src/session/login-hint.ts'
import { withQuery } from '../query.ts'
import type { MicrosoftSignOut } from '../sign-in.ts'

/** What the options say about it. */
export interface SignOutSettings {
  readonly byDefault: boolean
  readonly postLogoutRedirectUri: string
  readonly frontChannelLogoutUrl: string
}

/**
 * Sends browsers to Microsoft's end-session endpoint (OpenID Connect
 * RP-Initiated Logout 1.0; Microsoft, 'Send a sign-out request'). It is that of
 * the tenant that people sign in under: a login hint names no tenant, and means
 * the account's home where the address does not say another one.
 */
export function signOutAt (
  { authority, tenant, origin }: Pick<ProviderConfig, 'authority' | 'tenant' | 'origin'>, hints: Seal, { byDefault, postLogoutRedirectUri, frontChannelLogoutUrl }: SignOutSettings
): MicrosoftSignOut {
  const { logout } = endpointsOf(authority, tenant)
  // Where nobody is signed in there, Microsoft sends the browser straight back, and a form's policy holds for that as well.
  const origins = [...signInOrigins(authority.base), new URL(postLogoutRedirectUri).origin]
  return {
    byDefault,
    frontChannelLogoutUrl,
    origins: [...new Set(origins)].filter((one) => one !== origin),
    urlFor: async (record) => withQuery(logout, {
      post_logout_redirect_uri: postLogoutRedirectUri,
      // Without it Microsoft asks which account shall be signed out.
      logout_hint: await openLoginHint(hints, record?.loginHint ?? null)
    })
  }
}
