import { createHash } from 'node:crypto'
import { html } from '@remix-run/html-template'
import t from 'tap'
import { errorCodes, errorText } from '../../src/core/errors.ts'
import { helpWords } from '../../src/core/help.ts'
import { accountPage, type AccountPageView } from '../../src/pages/account.ts'
import { errorPage, keepsSession, noErrorPage } from '../../src/pages/error.ts'
import { signInOrigins } from '../../src/pages/form-targets.ts'
import { contentSecurityPolicy, contentSecurityPolicyTo } from '../../src/pages/layout.ts'
import { signInPage } from '../../src/pages/sign-in.ts'

const real = { simulated: false }
const user = {
  id: 'user-id',
  displayName: 'Ada <script>alert(1)</script>',
  email: {
    address: '"><img src=x>@contoso.example',
    canonical: 'x',
    source: 'email' as const,
    score: 90,
    verified: true,
    evidence: [{ kind: 'domain_owner_verified' as const, score: 90, sentence: 'Microsoft says so & more.' }]
  },
  identity: { tid: 'tenant-id', oid: 'object-id' },
  roles: []
}

const at = Date.UTC(2026, 10, 22, 9, 30, 59)
const view: AccountPageView = {
  user,
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
    { handle: 'other-handle', createdAt: at, lastSeenAt: at, authenticatedAt: at, device: null, current: false }
  ],
  signsOutAtMicrosoft: null,
  paths: { logout: '/auth/logout', link: '/auth/microsoft/link', unlink: '/auth/microsoft/unlink', endSession: '/auth/sessions/end', endOtherSessions: '/auth/sessions/end-others' }
}

/** The forms of a page: where each goes, and with what. */
function formsOf (page: string): Array<{ action: string, fields: Record<string, string> }> {
  return [...page.matchAll(/<form method="post" action="([^"]+)">([^]*?)<\/form>/g)].map(([, action, inside]) => ({
    action: action!,
    fields: Object.fromEntries([...inside!.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]))
  }))
}

t.test('values are escaped, markup is not, nothing is nothing', async (t) => {
  t.equal(String(html`<p title="${'"'}">${'<&>\''}${html`<b>${1}</b>`}${null}${['a', html`<i></i>`]}</p>`), '<p title="&quot;">&lt;&amp;&gt;&#39;<b>1</b>a<i></i></p>')
})

t.test('what Microsoft says about a person is text on the account page', async (t) => {
  const page = accountPage(real, view)
  for (const markup of ['<script', '<img', '<b>', '<i>']) t.notMatch(page, markup)
  for (const part of ['Ada &lt;script&gt;', 'user-id', 'tenant-id', 'object-id', '90 of 100', 'domain_owner_verified', 'Microsoft says so &amp; more.', '&lt;b&gt;Ada&lt;/b&gt;', '&lt;i&gt;@contoso.example', '2026-11-22 09:30 UTC', 'last used never', 'not proven', 'Firefox on Linux']) t.match(page, part)
})

t.test('each button of the account page is a plain form with the session\'s token, that says what it is about', async (t) => {
  const own = { csrf_token: 'token' }
  t.same(formsOf(accountPage(real, view)), [
    { action: '/auth/logout', fields: own },
    { action: '/auth/microsoft/unlink', fields: { ...own, tid: 'tenant-id', oid: 'object-id' } },
    { action: '/auth/microsoft/unlink', fields: { ...own, tid: 't2', oid: 'o2' } },
    { action: '/auth/microsoft/unlink', fields: { ...own, tid: 't3', oid: 'o3' } },
    { action: '/auth/microsoft/link', fields: own },
    { action: '/auth/sessions/end', fields: { ...own, session: 'other-handle' } },
    { action: '/auth/sessions/end-others', fields: own }
  ])
})

t.test('what cannot be done has no form: the last way in, linking where it is off, other sessions where there are none', async (t) => {
  const page = accountPage(real, {
    ...view,
    identities: [{ ...view.identities[0]!, canUnlink: false }],
    identifiers: [],
    sessions: [view.sessions[0]!],
    paths: { ...view.paths, link: null }
  })
  t.same(formsOf(page).map(({ action }) => action), ['/auth/logout'])
  t.match(page, 'disabled>Unlink</button> It is the last way to sign in, so it stays.')
  t.match(page, 'No address belongs to this account.')
  const without = accountPage(real, { ...view, paths: { ...view.paths, unlink: null } })
  t.notMatch(without, 'Unlink')
})

t.test('somebody without address and name has an account page as well', async (t) => {
  const page = accountPage(real, { ...view, user: { ...user, displayName: null, email: null } })
  t.match(page, 'Your account')
  t.match(page, 'Microsoft gave no address that can be used.')
  t.match(accountPage(real, { ...view, user: { ...user, email: { ...user.email, verified: false } } }), '<dd>no</dd>')
})

t.test('each error is shown as a text, with a way on', async (t) => {
  for (const code of errorCodes) {
    const page = errorPage(real, { code, wayOn: '/auth/sign-in' })
    t.match(page, String(html`${errorText(code)}`))
    t.match(page, 'href="/auth/sign-in"')
    t.equal(page.match(/class="button"/g)!.length, 1, 'one next step')
    if (keepsSession(code)) t.match(page, 'Back to your account')
    t.equal(page.includes('You are not signed in'), !keepsSession(code) && code !== 'reauth_required', code)
  }
})

t.test('a help word says who must act, in place of what the code says, and there is still one next step', async (t) => {
  for (const help of helpWords) {
    const page = errorPage(real, { code: 'access_denied', wayOn: '/auth/sign-in', help })
    t.match(page, /administrator|people who run|Microsoft wants|organisation/, help)
    t.notMatch(page, /If your organisation has to allow|was cancelled/, 'what the code says knows less')
    t.equal(page.match(/class="button"/g)!.length, 1)
  }
  const url = 'https://app.example/auth/microsoft/admin-consent'
  const withLink = errorPage(real, { code: 'access_denied', wayOn: '/x', help: 'admin_consent', adminConsentUrl: url })
  t.match(withLink, `Send them this address: <a href="${url}">${url}</a>`)
  for (const view of [{ help: 'admin_consent' as const, adminConsentUrl: null }, { help: 'not_assigned' as const, adminConsentUrl: url }, { adminConsentUrl: url }]) {
    t.notMatch(errorPage(real, { code: 'access_denied', wayOn: '/x', ...view }), url)
  }
})

t.test('email_in_use names linking by hand where people can link, and not where they cannot', async (t) => {
  t.match(errorPage(real, { code: 'email_in_use', wayOn: '/x', canLink: true }), 'you can then link this one')
  t.notMatch(errorPage(real, { code: 'email_in_use', wayOn: '/x' }), 'link this one')
  t.match(errorPage(real, { code: 'email_in_use', wayOn: '/x' }), 'Sign in with the account you used before')
})

t.test('a name that a directory made up for a guest is not shown: another one is', async (t) => {
  const made = { ...view.identities[0]!, preferredUsername: 'grace_fabrikam.example#EXT#@contoso.onmicrosoft.com' }
  t.match(accountPage(real, { ...view, identities: [made] }), '<strong>Ada</strong>')
  t.match(accountPage(real, { ...view, identities: [{ ...made, displayName: null }] }), '<strong>object-id</strong>')
})

t.test('who comes to the error page without a reason is told nothing that is not so', async (t) => {
  const page = noErrorPage(real, '/auth/sign-in')
  t.match(page, 'Nothing to show')
  t.match(page, 'href="/auth/sign-in"')
  t.notMatch(page, /not signed in|went wrong|<code>/)
})

t.test('a form that leads on says so in the policy: to Microsoft, where personal accounts are sent further', async (t) => {
  t.same(signInOrigins('https://login.microsoftonline.com'), ['https://login.microsoftonline.com', 'https://login.live.com'])
  t.same(signInOrigins('https://login.microsoftonline.us'), ['https://login.microsoftonline.us'])
  t.same(signInOrigins('http://localhost:3000/microsoft-simulator'), ['http://localhost:3000'])
  t.equal(contentSecurityPolicyTo([]), contentSecurityPolicy)
  t.match(contentSecurityPolicyTo(['https://a.example', 'https://b.example']), "; form-action 'self' https://a.example https://b.example; ")
})

t.test('a code of the application\'s own is shown with its text, escaped; an unknown one as a fault of ours', async (t) => {
  const page = errorPage(real, { code: 'plan_full', wayOn: '/auth/sign-in', ownTexts: { plan_full: 'No <seats> left.' } })
  t.match(page, 'No &lt;seats&gt; left.')
  t.match(page, '<code>plan_full</code>')
  for (const code of ['plan_full', 'constructor']) t.match(errorPage(real, { code, wayOn: '/auth/sign-in' }), '<code>server_error</code>')
})

t.test('every page says so where the simulator stands in, and only there', async (t) => {
  for (const simulated of [true, false]) {
    const frame = { simulated }
    for (const page of [signInPage(frame, '/x'), errorPage(frame, { code: 'invalid_state', wayOn: '/x' }), accountPage(frame, view)]) {
      t.equal(page.includes('Simulated Microsoft.'), simulated)
      t.match(page, /^<!doctype html>\n<html lang="en">/)
      t.equal(page.match(/<h1>/g)!.length, 1)
    }
  }
})

t.test('the policy allows the style that is there, and no script, frame or foreign form', async (t) => {
  const [, style] = /<style>([^]*?)<\/style>/.exec(signInPage(real, '/x'))!
  t.match(contentSecurityPolicy, `'sha256-${createHash('sha256').update(style!).digest('base64')}'`)
  for (const part of ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) t.match(contentSecurityPolicy, part)
})
