// The pages of the package with something on them, for pictures and for a look at them in a browser.
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createLanguage, type Language, ownLanguages, ownTexts } from '../src/pages/language.ts'
import { createLook } from '../src/pages/look.ts'
import { createRenderer, type PageName, type PageViews } from '../src/pages/renderer.ts'

const [english, german] = ownLanguages as [Language, Language]

// For the direction alone: what is not here is in English.
const arabic: Language = createLanguage('ar', {
  ...ownTexts.en!,
  'sign_in.title': 'تسجيل الدخول',
  'code.title': 'أدخل الرمز',
  'code.sent': 'تم إرسال رمز من ستة أرقام إلى {address}.',
  'code.label': 'الرمز',
  'code.continue': 'متابعة',
  'code.resend': 'إرسال رمز آخر',
  'code.cancel': 'إلغاء',
  'error.otp_invalid': 'الرمز غير صحيح.',
  'code.why': 'لا تضمن Microsoft هذا العنوان. يُظهر الرمز أن بريده يصل إليك.',
  'code.minutes_left': { other: 'صالح لمدة {count} دقائق أخرى.' },
  'code.tries_left': { other: 'لديك {count} محاولات.' },
  'sign_in.text': 'استخدم حساب Microsoft الخاص بالعمل أو المدرسة أو حسابك الشخصي.',
  'sign_in.button': 'تسجيل الدخول باستخدام Microsoft'
})

const logo = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="160" height="40"><rect width="40" height="40" rx="10" fill="#0b57b0"/><circle cx="20" cy="20" r="9" fill="none" stroke="#fff" stroke-width="4"/><text x="52" y="28" font-family="sans-serif" font-size="22" font-weight="700" fill="#5a86c5">Contoso</text></svg>')}`

const at = Date.UTC(2026, 10, 22, 9, 30)
const [ada, home] = ['62d81b84-3105-40cb-979d-5dd0aafa28d9', '9188040d-6c67-4c5b-b112-36a304b66dad']

const account: PageViews['account'] = {
  user: {
    id: '0190f3a2-5b1e-7c43-9d6a-2f8e41c07b95',
    displayName: 'Ada Lovelace',
    email: {
      address: 'ada@contoso.example',
      canonical: 'ada@contoso.example',
      source: 'email',
      score: 90,
      verified: true,
      evidence: [{ kind: 'domain_owner_verified', score: 90, sentence: '' }, { kind: 'upn', score: 50, sentence: '' }]
    },
    identity: { tid: ada, oid: '4a35ec4e-5d65-4353-87a8-63d19b3482dc' },
    roles: []
  },
  csrfToken: 'token',
  identities: [
    { tid: ada, oid: '1', displayName: 'Ada Lovelace', preferredUsername: 'ada@contoso.example', email: null, createdAt: at, lastSignInAt: at + 86_400_000, current: true, canUnlink: true },
    { tid: home, oid: '2', displayName: 'Ada', preferredUsername: 'ada@outlook.example', email: null, createdAt: at, lastSignInAt: null, current: false, canUnlink: true }
  ],
  identifiers: [
    { userId: 'x', address: 'ada@contoso.example', canonical: 'x', verified: true, provenance: { tid: ada, oid: '1', kind: 'domain_owner_verified', at }, createdAt: at },
    { userId: 'x', address: 'ada@outlook.example', canonical: 'y', verified: true, provenance: { tid: home, oid: '2', kind: 'mailbox_control', at }, createdAt: at }
  ],
  sessions: [
    { handle: '1', createdAt: at, lastSeenAt: at + 86_400_000, authenticatedAt: at, device: 'Firefox on Linux', current: true },
    { handle: '2', createdAt: at, lastSeenAt: at, authenticatedAt: at, device: 'Safari on iOS', current: false }
  ],
  signsOutAtMicrosoft: false,
  paths: { logout: '/auth/logout', link: '/auth/microsoft/link', unlink: '/auth/microsoft/unlink', endSession: '/auth/sessions/end', endOtherSessions: '/auth/sessions/end-others', endAllSessions: '/auth/sessions/end-all' }
}

const code: PageViews['code'] = {
  code: { address: 'ada@outlook.example', minutesLeft: 9, triesLeft: 4, mayResend: true, csrfToken: 'token' },
  error: 'otp_invalid',
  codePath: '/auth/code',
  signInUrl: '/auth/sign-in',
  mailboxPath: null,
  formTargets: []
}

/** One page, drawn. */
export interface Sample {
  readonly page: PageName
  readonly language: Language
  readonly view: PageViews[PageName]
  readonly simulated?: boolean
}

function sample<Name extends PageName> (page: Name, view: PageViews[Name], language: Language = english, simulated = false): Sample {
  return { page, view, language, simulated }
}

/** All pages, by the last part of the address at which they are shown. */
export const samples: Readonly<Record<string, Sample>> = {
  'sign-in': sample('signIn', { startUrl: '/auth/microsoft/login', notice: null }),
  'sign-in-simulated': sample('signIn', { startUrl: '/auth/microsoft/login', notice: 'signed_out' }, english, true),
  code: sample('code', code),
  'code-none': sample('code', { ...code, code: null, error: 'otp_expired' }),
  account: sample('account', account),
  'email-in-use': sample('error', { code: 'email_in_use', wayOn: '/auth/sign-in', canLink: true, reference: 'req-4f' }),
  'admin-consent': sample('error', { code: 'access_denied', help: 'admin_consent', wayOn: '/auth/sign-in', adminConsentUrl: 'https://app.example/auth/microsoft/admin-consent', reference: 'req-4f' }),
  expired: sample('error', { code: 'invalid_state', wayOn: '/auth/sign-in', reference: 'req-4f' }),
  'no-error': sample('noError', { wayOn: '/auth/sign-in' }),
  consent: sample('consent', { appName: 'The wiki', appUrl: 'https://wiki.contoso.example', returnsTo: { host: 'wiki.contoso.example' }, person: 'Ada Lovelace', wanted: ['openid', 'profile', 'email', 'email_trust', 'offline_access'], action: '/auth/identity/interaction/1', csrfToken: 'token' }),
  'app-sign-out': sample('appSignOut', { appName: 'The wiki', person: 'Ada Lovelace', action: '/auth/identity/logout/confirm', secret: 'secret' }),
  'app-signed-out': sample('appSignedOut', { signedIn: false, wayOn: '/auth/sign-in' }),
  'app-error': sample('appError', { error: 'invalid_client', reference: 'req-4f' }),
  'go-on': sample('goOn', { url: '/auth/identity/authorize/1' }),
  'sign-in-de': sample('signIn', { startUrl: '/auth/microsoft/login', notice: null }, german),
  'email-in-use-de': sample('error', { code: 'email_in_use', wayOn: '/auth/sign-in', canLink: true, reference: 'req-4f' }, german),
  'sign-in-ar': sample('signIn', { startUrl: '/auth/microsoft/login', notice: null }, arabic),
  'code-ar': sample('code', code, arabic)
}

/** A server that shows them, with the policies that they are sent with. */
export async function serveSamples (): Promise<{ readonly baseUrl: string, readonly close: () => Promise<void> }> {
  const look = createLook({ logo: { src: logo, alt: 'Contoso' } })
  const server = createServer((request, response) => {
    const found = samples[request.url!.slice(1)]
    if (found === undefined) return response.writeHead(404).end()
    const { page, view, language, simulated = false } = found
    const { document, policy } = createRenderer({ simulated, look, languages: [language] }).render(page, view as PageViews['signIn'], { language })
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }).end(document)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => { server.close(); server.closeAllConnections(); await once(server, 'close') }
  }
}
