import { is, type OptionRules } from '../core/options.ts'
import { isLoopbackHost } from '../core/loopback.ts'

/** Options of the sign-out plugin. */
export interface SignOutOptions {
  /** Whether whoever signs out here is signed out at Microsoft as well, unless a request says otherwise. */
  signOutAtMicrosoft?: boolean | undefined
  /** Where Microsoft sends the browser after that; must be a redirect URI of the app registration. */
  postLogoutRedirectUri?: string | undefined
  /** Path of the route that Microsoft calls when somebody signs out there. */
  frontChannelLogoutPath?: string | undefined
}

/** The rules behind {@link SignOutOptions}. */
export const signOutOptionRules: OptionRules<SignOutOptions> = {
  signOutAtMicrosoft: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: 'Whether whoever signs out here is signed out at Microsoft as well. A request may say otherwise: `at=microsoft` or `at=here`.'
  },
  postLogoutRedirectUri: {
    defaultText: '`/signed-out` below `prefix`, at `baseUrl`',
    check: isPostLogoutRedirectUri,
    expected: 'an https:// URL without fragment, or an http:// one on this machine',
    remedy: 'Microsoft sends browsers only to what is registered as a redirect URI in the Azure portal.',
    about: 'Where Microsoft sends the browser after it has signed out there. Must be registered as a redirect URI in the Azure portal, platform Web.'
  },
  frontChannelLogoutPath: {
    defaultText: '`/microsoft/front-channel-logout` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/microsoft/front-channel-logout"',
    about: 'Path of the route that Microsoft calls when somebody signs out there: the "Front-channel logout URL" of the Azure portal.'
  }
}

function isPostLogoutRedirectUri (value: unknown): boolean {
  if (!is.url(value) || (value as string).includes('#')) return false
  const { protocol, hostname } = new URL(value as string)
  return protocol === 'https:' || isLoopbackHost(hostname)
}
