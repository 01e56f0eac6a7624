import type { AccountPageView } from '../../src/pages/account.ts'
import type { CodePageView } from '../../src/pages/code.ts'
import type { PageName, PageViews } from '../../src/pages/renderer.ts'

const at = Date.UTC(2026, 10, 22, 9, 30, 59)

/** An account with one of everything, and markup in all that others have chosen. */
export const accountView: AccountPageView = {
  user: {
    id: 'user-id',
    displayName: 'Ada <script>alert(1)</script>',
    email: {
      address: '"><img src=x>@contoso.example',
      canonical: 'x',
      source: 'email',
      score: 90,
      verified: true,
      evidence: [{ kind: 'domain_owner_verified', score: 90, sentence: 'It is <b>stored</b> in English.' }]
    },
    identity: { tid: 'tenant-id', oid: 'object-id' },
    roles: []
  },
  csrfToken: 'token',
  identities: [
    { tid: 'tenant-id', oid: 'object-id', displayName: 'Ada', preferredUsername: 'ada@contoso.example', email: null, createdAt: at, lastSignInAt: at, current: true, canUnlink: true },
    { tid: 't2', oid: 'o2', displayName: '<b>Ada</b>', preferredUsername: null, email: null, createdAt: at, lastSignInAt: null, current: false, canUnlink: true },
    { tid: 't3', oid: 'o3', displayName: null, preferredUsername: null, email: null, createdAt: at, lastSignInAt: at, current: false, canUnlink: true }
  ],
  identifiers: [
    { userId: 'user-id', address: '<i>@contoso.example', canonical: 'x', verified: true, provenance: { tid: 't', oid: 'o', kind: 'domain_owner_verified', at }, createdAt: at },
    { userId: 'user-id', address: 'new@contoso.example', canonical: 'y', verified: false, provenance: null, createdAt: at }
  ],
  sessions: [
    { handle: 'own-handle', createdAt: at, lastSeenAt: at, authenticatedAt: at, device: 'Firefox on Linux', current: true },
    { handle: 'other-handle', createdAt: at, lastSeenAt: at, authenticatedAt: at, device: null, current: false },
    { handle: 'third-handle', createdAt: at, lastSeenAt: at, authenticatedAt: at, device: 'Safari', current: false }
  ],
  signsOutAtMicrosoft: null,
  paths: { logout: '/auth/logout', link: '/auth/microsoft/link', unlink: '/auth/microsoft/unlink', endSession: '/auth/sessions/end', endOtherSessions: '/auth/sessions/end-others', endAllSessions: '/auth/sessions/end-all' }
}

/** A code that was just mailed. */
export const codeView: CodePageView = {
  code: { address: 'a&b@mail.example', minutesLeft: 10, triesLeft: 5, mayResend: true, csrfToken: '"token"' },
  error: null,
  codePath: '/auth/code',
  signInUrl: '/auth/sign-in',
  mailboxPath: null,
  formTargets: []
}

/** A view of each page. */
export const views: PageViews = {
  signIn: { startUrl: '/auth/microsoft/login', notice: null },
  code: codeView,
  account: accountView,
  error: { code: 'invalid_state', wayOn: '/auth/sign-in', reference: 'req-1' },
  noError: { wayOn: '/auth/sign-in' },
  consent: { appName: 'The <app>', appUrl: 'https://app.example', returnsTo: { host: 'app.example' }, person: 'Ada', wanted: ['openid', 'email'], action: '/auth/identity/interaction/1', csrfToken: 'token' },
  appSignOut: { appName: 'The <app>', person: 'Ada', action: '/auth/identity/logout/confirm', secret: 'secret' },
  appSignedOut: { signedIn: false, wayOn: '/auth/sign-in' },
  appError: { error: 'invalid_request', reference: 'req-1' },
  goOn: { url: '/auth/identity/authorize/1' }
}

/** Each page with its view. */
export const eachPage: ReadonlyArray<[PageName, PageViews[PageName]]> = Object.entries(views) as Array<[PageName, PageViews[PageName]]>
