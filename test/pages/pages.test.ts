import { createHash } from 'node:crypto'
import t from 'tap'
import { errorCodes, errorText } from '../../src/core/errors.ts'
import { accountPage } from '../../src/pages/account.ts'
import { errorPage } from '../../src/pages/error.ts'
import { html } from '../../src/core/html.ts'
import { contentSecurityPolicy } from '../../src/pages/layout.ts'
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
  identity: { tid: 'tenant-id', oid: 'object-id' }
}

t.test('values are escaped, markup is not, nothing is nothing', async (t) => {
  t.equal(html`<p title="${'"'}">${'<&>\''}${html`<b>${1}</b>`}${null}${['a', html`<i></i>`]}</p>`.text, '<p title="&quot;">&lt;&amp;&gt;&#39;<b>1</b>a<i></i></p>')
  t.equal(String(html`x`), 'x')
})

t.test('what Microsoft says about a person is text on the account page', async (t) => {
  const page = accountPage(real, user, { path: '/auth/logout', csrfToken: 'token' })
  t.notMatch(page, '<script>')
  t.notMatch(page, '<img')
  for (const part of ['Ada &lt;script&gt;', 'user-id', 'tenant-id', 'object-id', '90 of 100', 'domain_owner_verified', 'Microsoft says so &amp; more.', 'value="token"', 'action="/auth/logout"', 'method="post"']) t.match(page, part)
})

t.test('somebody without address and name has an account page as well', async (t) => {
  const page = accountPage(real, { ...user, displayName: null, email: null }, { path: '/x', csrfToken: 'y' })
  t.match(page, 'Your account')
  t.match(page, 'Microsoft gave no address that can be used.')
  t.match(accountPage(real, { ...user, email: { ...user.email, verified: false } }, { path: '/x', csrfToken: 'y' }), '<dd>no</dd>')
})

t.test('each error is shown as a text, with a way on', async (t) => {
  for (const code of errorCodes) {
    const page = errorPage(real, code, '/auth/sign-in')
    t.match(page, html`${errorText(code)}`.text)
    t.match(page, 'href="/auth/sign-in"')
  }
})

t.test('every page says so where the simulator stands in, and only there', async (t) => {
  for (const simulated of [true, false]) {
    const frame = { simulated }
    for (const page of [signInPage(frame, '/x'), errorPage(frame, 'invalid_state', '/x'), accountPage(frame, user, { path: '/x', csrfToken: 'y' })]) {
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
