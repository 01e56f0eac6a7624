import { html, type SafeHtml } from '@remix-run/html-template'
import type { IdentitySummary } from '../linking/identity-summary.ts'
import type { Identifier } from '../linking/types.ts'
import type { SessionSummary, SessionUser } from '../session/types.ts'
import type { ScoredEmail } from '../verification/types.ts'
import { page, type PageFrame } from './layout.ts'

/** What the page shows, and where its forms go. */
export interface AccountPageView {
  readonly user: SessionUser
  /** Of the session: each form carries it. */
  readonly csrfToken: string
  readonly identities: ReadonlyArray<IdentitySummary & { readonly canUnlink: boolean }>
  readonly identifiers: readonly Identifier[]
  readonly sessions: readonly SessionSummary[]
  readonly paths: AccountPaths
  /** Whether signing out means Microsoft as well, where nothing else is asked for; `null` where it never does. */
  readonly signsOutAtMicrosoft: boolean | null
}

/** The routes behind the forms; `null` for those that are not there. */
export interface AccountPaths {
  readonly logout: string
  readonly link: string | null
  readonly unlink: string | null
  readonly endSession: string
  readonly endOtherSessions: string
}

/** The account page: who is signed in and how, where, and what speaks for the addresses. Plain forms, no script. */
export function accountPage (frame: PageFrame, view: AccountPageView): string {
  const { user, identities, identifiers, sessions, paths } = view
  return page(user.displayName ?? 'Your account', frame, html`<p>You are signed in.</p>
${postForm(view, paths.logout, {}, html`Sign out`)}
${otherSignOut(view)}
<h2>Microsoft accounts</h2>
<ul class="entries">
${identities.map((identity) => identityEntry(view, identity))}</ul>
${paths.link === null ? null : postForm(view, paths.link, {}, html`Link another Microsoft account`)}
<h2>E-mail addresses</h2>
${identifiers.length === 0 ? html`<p>No address belongs to this account.</p>` : html`<ul class="entries">${identifiers.map(identifierEntry)}</ul>`}
<h2>Address of this sign-in</h2>
${user.email === null ? html`<p>Microsoft gave no address that can be used.</p>` : emailSection(user.email)}
<h2>Where you are signed in</h2>
<ul class="entries">
${sessions.map((session) => sessionEntry(view, session))}</ul>
${sessions.some(({ current }) => !current) ? postForm(view, paths.endOtherSessions, {}, html`Sign out everywhere else`) : null}
<h2>Account</h2>
<dl>
<dt>User id</dt><dd>${user.id}</dd>
<dt>Tenant id</dt><dd>${user.identity.tid}</dd>
<dt>Object id</dt><dd>${user.identity.oid}</dd>
</dl>`)
}

/** The way out that is not the usual one. */
function otherSignOut (view: AccountPageView): SafeHtml | null {
  const { signsOutAtMicrosoft, paths: { logout } } = view
  if (signsOutAtMicrosoft === null) return null
  if (signsOutAtMicrosoft) return postForm(view, logout, { at: 'here' }, html`Sign out here only`)
  return postForm(view, logout, { at: 'microsoft' }, html`Sign out here and at Microsoft`)
}

function identityEntry (view: AccountPageView, identity: AccountPageView['identities'][number]): SafeHtml {
  const { tid, oid, displayName, preferredUsername, createdAt, lastSignInAt, current, canUnlink } = identity
  const name = [preferredUsername, displayName].find((one) => one !== null && !isMadeUp(one)) ?? oid
  return html`<li><strong>${name}</strong>${current ? ' (signed in by this one)' : null}<br>
Linked ${time(createdAt)}, last used ${lastSignInAt === null ? 'never' : time(lastSignInAt)}.
${unlinkForm(view, { tid, oid }, name, canUnlink)}</li>
`
}

/** The name that a directory makes up for a guest looks like an address of the directory, and is none. */
function isMadeUp (name: string): boolean {
  return name.toUpperCase().includes('#EXT#')
}

function unlinkForm (view: AccountPageView, identity: { tid: string, oid: string }, name: string, canUnlink: boolean): SafeHtml | null {
  const { unlink } = view.paths
  if (unlink === null) return null
  if (!canUnlink) return html`<button class="button other" type="button" disabled>Unlink</button> It is the last way to sign in, so it stays.`
  return postForm(view, unlink, identity, html`Unlink<span class="hidden"> ${name}</span>`)
}

function identifierEntry ({ address, provenance }: Identifier): SafeHtml {
  return html`<li><strong>${address}</strong>: ${provenance === null ? 'not proven' : html`proven ${time(provenance.at)} by <code>${provenance.kind}</code>`}</li>
`
}

function sessionEntry (view: AccountPageView, { handle, createdAt, lastSeenAt, device, current }: SessionSummary): SafeHtml {
  const name = device ?? 'Unknown browser'
  return html`<li><strong>${name}</strong>${current ? ' (this one)' : null}<br>
Since ${time(createdAt)}, last seen ${time(lastSeenAt)}.
${current ? null : postForm(view, view.paths.endSession, { session: handle }, html`Sign out<span class="hidden"> ${name}, since ${time(createdAt)}</span>`)}</li>
`
}

function emailSection (email: ScoredEmail): SafeHtml {
  return html`<dl>
<dt>Address</dt><dd>${email.address}</dd>
<dt>Score</dt><dd>${email.score} of 100</dd>
<dt>Verified</dt><dd>${email.verified ? 'yes' : 'no'}</dd>
</dl>
<h3>Evidence</h3>
<ul>
${email.evidence.map(({ kind, score, sentence }) => html`<li><strong>${kind}</strong> (${score}): ${sentence}</li>
`)}</ul>`
}

function postForm ({ csrfToken }: AccountPageView, action: string, fields: Readonly<Record<string, string>>, text: SafeHtml): SafeHtml {
  const inputs = Object.entries({ csrf_token: csrfToken, ...fields })
  return html`<form method="post" action="${action}">
${inputs.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button class="button other" type="submit">${text}</button>
</form>`
}

/** To the minute, in the one time zone that no script is needed for. */
function time (at: number): SafeHtml {
  const text = new Date(at).toISOString()
  return html`<time datetime="${text}">${text.slice(0, 16).replace('T', ' ')} UTC</time>`
}
