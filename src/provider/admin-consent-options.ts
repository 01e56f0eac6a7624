import { is, type OptionRules } from '../core/options.ts'

/** Options of the admin-consent plugin, its hook aside. */
export interface AdminConsentSettings {
  /** Path of the route that sends an administrator to Microsoft; the callback is `/callback` below it. */
  adminConsentPath?: string | undefined
  /** What the administrator is asked to allow. */
  adminConsentScopes?: string[] | undefined
}

/** The rules behind {@link AdminConsentSettings}. */
export const adminConsentSettingRules: OptionRules<AdminConsentSettings> = {
  adminConsentPath: {
    defaultText: '`/microsoft/admin-consent` below `prefix`',
    check: (value) => is.path(value) && !(value as string).endsWith('/'),
    expected: 'a plain path such as "/auth/microsoft/admin-consent"',
    about: 'Path of the route that sends an administrator to Microsoft. The callback is `/callback` below it: register it as a redirect URI of its own, platform Web.'
  },
  adminConsentScopes: {
    defaultText: '`scopes` of the provider',
    check: (value) => is.listOf((scope) => typeof scope === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))(value) && (value as string[]).length > 0,
    expected: 'a list of scopes such as ["openid", "profile", "email"]',
    remedy: 'For all that the app registration lists, application permissions among them, give ["https://graph.microsoft.com/.default"].',
    about: 'What the administrator is asked to allow.'
  }
}
