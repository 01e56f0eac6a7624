import type { SessionUser } from '../session/types.ts'
import type { ScoredEmail } from '../verification/types.ts'
import { html, type Html } from '../core/html.ts'
import { page, type PageFrame } from './layout.ts'

/** The account page: who is signed in, and what speaks for the address. */
export function accountPage (frame: PageFrame, user: SessionUser, signOut: { path: string, csrfToken: string }): string {
  return page(user.displayName ?? 'Your account', frame, html`<p>You are signed in.</p>
<h2>Account</h2>
<dl>
<dt>User id</dt><dd>${user.id}</dd>
<dt>Tenant id</dt><dd>${user.identity.tid}</dd>
<dt>Object id</dt><dd>${user.identity.oid}</dd>
</dl>
<h2>E-mail address</h2>
${user.email === null ? html`<p>Microsoft gave no address that can be used.</p>` : emailSection(user.email)}
<form method="post" action="${signOut.path}">
<input type="hidden" name="csrf_token" value="${signOut.csrfToken}">
<button class="button" type="submit">Sign out</button>
</form>`)
}

function emailSection (email: ScoredEmail): Html {
  return html`<dl>
<dt>Address</dt><dd>${email.address}</dd>
<dt>Score</dt><dd>${email.score} of 100</dd>
<dt>Verified</dt><dd>${email.verified ? 'yes' : 'no'}</dd>
</dl>
<h2>Evidence</h2>
<ul>
${email.evidence.map(({ kind, score, sentence }) => html`<li><strong>${kind}</strong> (${score}): ${sentence}</li>
`)}</ul>`
}
