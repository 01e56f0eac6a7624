import { createHash } from 'node:crypto'
import { html } from '@remix-run/html-template'
import t from 'tap'
import { errorCodes, errorText } from '../../src/core/errors.ts'
import { helpWords } from '../../src/core/help.ts'
import type { AccountPageView } from '../../src/pages/account.ts'
import { type ErrorPageView, keepsSession } from '../../src/pages/error.ts'
import { signInOrigins } from '../../src/pages/form-targets.ts'
import { contentSecurityPolicy } from '../../src/pages/layout.ts'
import { defaultLook } from '../../src/pages/look.ts'
import { policyFor } from '../../src/pages/policy.ts'
import { draw } from './draw.ts'
import { accountView as view, eachPage } from './views.ts'

const accountPage = (given: AccountPageView): string => draw('account', given)
const errorPage = (given: ErrorPageView): string => draw('error', given)

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
  const page = accountPage(view)
  for (const markup of ['<script', '<img', '<b>', '<i>']) t.notMatch(page, markup)
  for (const part of ['Ada &lt;script&gt;', 'user-id', 'tenant-id', 'object-id', '90 of 100', '<code>domain_owner_verified</code> (90): Microsoft vouches', '&lt;b&gt;Ada&lt;/b&gt;', '&lt;i&gt;@contoso.example', 'November 22, 2026 at 09:30 UTC', 'never used', 'Not proven', 'Firefox on Linux', 'Unknown browser', '<strong>Safari</strong>']) t.match(page, part)
})

t.test('each button of the account page is a plain form with the session\'s token, that says what it is about', async (t) => {
  const own = { csrf_token: 'token' }
  t.same(formsOf(accountPage(view)), [
    { action: '/auth/logout', fields: own },
    { action: '/auth/microsoft/unlink', fields: { ...own, tid: 'tenant-id', oid: 'object-id' } },
    { action: '/auth/microsoft/unlink', fields: { ...own, tid: 't2', oid: 'o2' } },
    { action: '/auth/microsoft/unlink', fields: { ...own, tid: 't3', oid: 'o3' } },
    { action: '/auth/microsoft/link', fields: own },
    { action: '/auth/sessions/end', fields: { ...own, session: 'other-handle' } },
    { action: '/auth/sessions/end', fields: { ...own, session: 'third-handle' } },
    { action: '/auth/sessions/end-others', fields: own },
    { action: '/auth/sessions/end-all', fields: own }
  ])
})

t.test('what cannot be done has no form: the last way in, linking where it is off, other sessions where there are none', async (t) => {
  const page = accountPage({
    ...view,
    identities: [{ ...view.identities[0]!, canUnlink: false }],
    identifiers: [],
    sessions: [view.sessions[0]!],
    paths: { ...view.paths, link: null }
  })
  t.same(formsOf(page).map(({ action }) => action), ['/auth/logout'])
  t.match(page, 'It is the last way to sign in, so it stays.')
  t.match(page, 'No address belongs to this account.')
  const without = accountPage({ ...view, paths: { ...view.paths, unlink: null } })
  t.notMatch(without, 'Unlink')
})

t.test('somebody without address and name has an account page as well', async (t) => {
  const page = accountPage({ ...view, user: { ...view.user, displayName: null, email: null } })
  t.match(page, 'Your account')
  t.match(page, 'Microsoft gave no address that can be used.')
  t.match(accountPage({ ...view, user: { ...view.user, email: { ...view.user.email!, verified: false } } }), '<dd>no</dd>')
})

t.test('each error is shown as a text, with a way on', async (t) => {
  for (const code of errorCodes) {
    const page = errorPage({ code, wayOn: '/auth/sign-in' })
    t.match(page, String(html`${errorText(code)}`))
    t.match(page, 'href="/auth/sign-in"')
    t.equal(page.match(/class="button"/g)!.length, 1, 'one next step')
    if (keepsSession(code)) t.match(page, 'Back to your account')
    t.equal(page.includes('You are not signed in'), !keepsSession(code) && code !== 'reauth_required', code)
  }
})

t.test('a help word says who must act, in place of what the code says, and there is still one next step', async (t) => {
  for (const help of helpWords) {
    const page = errorPage({ code: 'access_denied', wayOn: '/auth/sign-in', help })
    t.match(page, /administrator|people who run|Microsoft wants|organisation/, help)
    t.notMatch(page, /If your organisation has to allow|was cancelled/, 'what the code says knows less')
    t.equal(page.match(/class="button"/g)!.length, 1)
  }
  const url = 'https://app.example/auth/microsoft/admin-consent'
  const withLink = errorPage({ code: 'access_denied', wayOn: '/x', help: 'admin_consent', adminConsentUrl: url })
  t.match(withLink, `Send them this address: <a href="${url}" rel="noopener noreferrer"><bdi>${url}</bdi></a>. When they have allowed it, sign in again.`)
  t.match(withLink, 'Sign in again when it is allowed')
  for (const view of [{ help: 'admin_consent' as const, adminConsentUrl: null }, { help: 'not_assigned' as const, adminConsentUrl: url }, { adminConsentUrl: url }]) {
    t.notMatch(errorPage({ code: 'access_denied', wayOn: '/x', ...view }), url)
  }
})

t.test('email_in_use names linking by hand where people can link, and not where they cannot', async (t) => {
  t.match(errorPage({ code: 'email_in_use', wayOn: '/x', canLink: true }), 'you can then link this one')
  t.notMatch(errorPage({ code: 'email_in_use', wayOn: '/x' }), 'link this one')
  t.match(errorPage({ code: 'email_in_use', wayOn: '/x' }), 'Sign in with the account you used before')
})

t.test('a name that a directory made up for a guest is not shown: another one is', async (t) => {
  const made = { ...view.identities[0]!, preferredUsername: 'grace_fabrikam.example#EXT#@contoso.onmicrosoft.com' }
  t.match(accountPage({ ...view, identities: [made] }), '<strong><bdi>Ada</bdi></strong>')
  t.match(accountPage({ ...view, identities: [{ ...made, displayName: null }] }), '<strong><bdi>object-id</bdi></strong>')
})

t.test('who comes to the error page without a reason is told nothing that is not so', async (t) => {
  const page = draw('noError', { wayOn: '/auth/sign-in' })
  t.match(page, 'Nothing to show')
  t.match(page, 'href="/auth/sign-in"')
  t.notMatch(page, /not signed in|went wrong|<code>/)
})

t.test('a form that leads on says so in the policy: to Microsoft, where personal accounts are sent further', async (t) => {
  t.same(signInOrigins('https://login.microsoftonline.com'), ['https://login.microsoftonline.com', 'https://login.live.com'])
  t.same(signInOrigins('https://login.microsoftonline.us'), ['https://login.microsoftonline.us'])
  t.same(signInOrigins('http://localhost:3000/microsoft-simulator'), ['http://localhost:3000'])
  t.equal(policyFor(defaultLook, []), contentSecurityPolicy)
  t.match(policyFor(defaultLook, ['https://a.example', 'https://b.example']), "; form-action 'self' https://a.example https://b.example; ")
})

t.test('a code of the application\'s own is shown with its text, escaped; an unknown one as a fault of ours', async (t) => {
  const page = errorPage({ code: 'plan_full', wayOn: '/auth/sign-in', ownText: 'No <seats> left.' })
  t.match(page, 'No &lt;seats&gt; left.')
  t.match(page, '<code>plan_full</code>')
  for (const code of ['plan_full', 'constructor']) t.match(errorPage({ code, wayOn: '/auth/sign-in' }), '<code>server_error</code>')
})

t.test('every page says so where the simulator stands in, and only there', async (t) => {
  for (const simulated of [true, false]) {
    for (const [name, given] of eachPage) {
      const page = draw(name, given, { simulated })
      t.equal(page.includes('Simulated Microsoft.'), simulated)
      t.match(page, /^<!doctype html>\n<html lang="en" dir="ltr">/)
      t.equal(page.match(/<h1>/g)!.length, 1)
    }
  }
})

t.test('a refusal can be quoted as the log has it, where that is known', async (t) => {
  t.match(errorPage({ code: 'invalid_state', wayOn: '/x', reference: 'req-2a' }), 'Code: <code>invalid_state</code><br>Reference: <code>req-2a</code>')
  t.notMatch(errorPage({ code: 'invalid_state', wayOn: '/x' }), 'Reference')
  t.match(draw('appError', { error: 'server_error', reference: 'req-2a' }), 'Reference: <code>req-2a</code>')
  t.notMatch(draw('appError', { error: 'server_error', reference: null }), 'Reference')
})

t.test('whose account is refused is asked for another one, and whose organisation has to allow it first is told to wait', async (t) => {
  for (const help of ['not_assigned', 'account_blocked', 'device_or_policy'] as const) t.match(errorPage({ code: 'access_denied', wayOn: '/x', help }), '>Sign in with another account</a>', help)
  t.match(errorPage({ code: 'access_denied', wayOn: '/x' }), '>Back to sign-in</a>')
  t.match(errorPage({ code: 'access_denied', wayOn: '/x', help: 'admin_consent' }), '>Sign in again when it is allowed</a>')
})

t.test('Microsoft\'s button is drawn and worded as its branding guidelines ask', async (t) => {
  const page = draw('signIn', { startUrl: '/x', notice: null })
  t.match(page, /<a class="microsoft" href="\/x"><svg width="21" height="21"[^]*<span>Sign in with Microsoft<\/span><\/a>/)
  for (const color of ['#f25022', '#7fba00', '#00a4ef', '#ffb900']) t.match(page, `fill="${color}"`)
  for (const rule of ['min-block-size: 41px; padding: 4px 12px', 'font: 600 15px/20px "Segoe UI"', '--ms-fill: #ffffff; --ms-line: #8c8c8c; --ms-text: #5e5e5e', '--ms-fill: #2f2f2f; --ms-line: #8c8c8c; --ms-text: #ffffff']) t.match(page, rule)
  t.notMatch(draw('signIn', { startUrl: null, notice: null }), '<a ')
})

t.test('who cannot be named is somebody, an app without a name an app, and an app on the device is called by its scheme', async (t) => {
  t.match(draw('appSignOut', { appName: null, person: null, action: '/x', secret: 's' }), 'An app asks whether you want to sign out. You are signed in as <strong>somebody without a name</strong>.')
  const page = draw('consent', { appName: 'App', appUrl: null, returnsTo: { scheme: 'com.example:' }, person: null, wanted: [], action: '/x', csrfToken: 't' })
  t.match(page, '<strong>an app on this device (com.example:)</strong>')
  t.notMatch(page, '<a ')
  t.match(draw('appSignedOut', { signedIn: true, wayOn: '/x' }), 'You are still signed in')
})

t.test('the policy allows the style that is there, and no script, frame or foreign form', async (t) => {
  const [, style] = /<style>([^]*?)<\/style>/.exec(draw('signIn', { startUrl: '/x', notice: null }))!
  t.match(contentSecurityPolicy, `'sha256-${createHash('sha256').update(style!).digest('base64')}'`)
  for (const part of ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) t.match(contentSecurityPolicy, part)
})
