import { html, type SafeHtml } from '@remix-run/html-template'
import type { IdentitySummary } from '../linking/identity-summary.ts'
import type { Identifier } from '../linking/types.ts'
import type { SessionSummary, SessionUser } from '../session/types.ts'
import { emailSection, identifierEntries } from './account-emails.ts'
import type { PageContext } from './context.ts'
import type { PageParts } from './layout.ts'
import { buttonForm, moment, momentText, named } from './parts.ts'
import type { TextKey } from './texts.ts'

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
  readonly endAllSessions: string
}

/** The account page: who is signed in and how, where, and what speaks for the addresses. Plain forms, no script. */
export function accountPage (view: AccountPageView, context: PageContext): PageParts {
  const { user, identities, sessions, paths } = view
  const { say } = context
  return {
    title: user.displayName ?? say('account.title'),
    content: html`<p>${say('account.signed_in')}</p>
<div class="choices">
${sessionButton(view, context, paths.logout, {}, 'account.sign_out')}
${otherSignOut(view, context)}
</div>
<section aria-labelledby="identities"><h2 id="identities">${say('account.identities')}</h2>
<ul class="entries">
${identities.map((identity) => identityEntry(view, context, identity))}</ul>
${paths.link === null ? null : sessionButton(view, context, paths.link, {}, 'account.link')}
</section>
<section aria-labelledby="addresses"><h2 id="addresses">${say('account.addresses')}</h2>
${identifierEntries(view.identifiers, context)}
</section>
<section aria-labelledby="email"><h2 id="email">${say('account.email')}</h2>
${emailSection(user.email, context)}
</section>
<section aria-labelledby="sessions"><h2 id="sessions">${say('account.sessions')}</h2>
<ul class="entries">
${sessions.map((session) => sessionEntry(view, context, session))}</ul>
${sessions.some(({ current }) => !current) ? endingButtons(view, context) : null}
</section>
<section aria-labelledby="ids"><h2 id="ids">${say('account.ids')}</h2>
<dl>
<dt>${say('account.user_id')}</dt><dd>${user.id}</dd>
<dt>${say('account.tenant_id')}</dt><dd>${user.identity.tid}</dd>
<dt>${say('account.object_id')}</dt><dd>${user.identity.oid}</dd>
</dl>
</section>`
  }
}

/** For who is signed in elsewhere as well. */
function endingButtons (view: AccountPageView, context: PageContext): SafeHtml {
  const { endOtherSessions, endAllSessions } = view.paths
  return html`<div class="choices">
${sessionButton(view, context, endOtherSessions, {}, 'account.end_others')}
${sessionButton(view, context, endAllSessions, {}, 'account.end_all')}
</div>`
}

/** The way out that is not the usual one. */
function otherSignOut (view: AccountPageView, context: PageContext): SafeHtml | null {
  const { signsOutAtMicrosoft, paths: { logout } } = view
  if (signsOutAtMicrosoft === null) return null
  return signsOutAtMicrosoft
    ? sessionButton(view, context, logout, { at: 'here' }, 'account.sign_out_here')
    : sessionButton(view, context, logout, { at: 'microsoft' }, 'account.sign_out_microsoft')
}

function identityEntry (view: AccountPageView, { say, language: { tag } }: PageContext, identity: AccountPageView['identities'][number]): SafeHtml {
  const { tid, oid, displayName, preferredUsername, createdAt, lastSignInAt, current, canUnlink } = identity
  const { csrfToken, paths: { unlink } } = view
  const name = [preferredUsername, displayName].find((one) => one !== null && !isMadeUp(one)) ?? oid
  const linked = moment(tag, createdAt)
  const times = lastSignInAt === null ? say('account.identity_unused', { linked }) : say('account.identity_times', { linked, used: moment(tag, lastSignInAt) })
  const way = canUnlink
    ? buttonForm({ action: unlink!, fields: { csrf_token: csrfToken, tid, oid }, text: say('account.unlink'), name: say('account.unlink_name', { name }) })
    : html`<p>${say('account.unlink_last')}</p>`
  return html`<li><p>${named(name)}${current ? html` <span class="tag">${say('account.identity_current')}</span>` : null}</p>
<p>${times}</p>
${unlink === null ? null : way}</li>
`
}

/** The name that a directory makes up for a guest looks like an address of the directory, and is none. */
function isMadeUp (name: string): boolean {
  return name.toUpperCase().includes('#EXT#')
}

function sessionEntry ({ csrfToken, paths }: AccountPageView, context: PageContext, session: SessionSummary): SafeHtml {
  const { say, language: { tag } } = context
  const device = deviceName(session.device, context)
  return html`<li><p><strong>${device}</strong>${session.current ? html` <span class="tag">${say('account.session_current')}</span>` : null}</p>
<p>${say('account.session_times', { since: moment(tag, session.createdAt), seen: moment(tag, session.lastSeenAt) })}</p>
${session.current
? null
: buttonForm({ action: paths.endSession, fields: { csrf_token: csrfToken, session: session.handle }, text: say('account.end_session'), name: say('account.end_session_name', { device, since: momentText(tag, session.createdAt) }) })}</li>
`
}

/** 'Firefox on Windows' is how the session has it. */
function deviceName (device: string | null, { say }: PageContext): SafeHtml {
  if (device === null) return say('account.device_unknown')
  const [browser, system] = device.split(' on ') as [string, string?]
  return system === undefined ? html`${browser}` : say('account.device', { browser, system })
}

function sessionButton ({ csrfToken }: AccountPageView, { say }: PageContext, action: string, fields: Readonly<Record<string, string>>, text: TextKey): SafeHtml {
  return buttonForm({ action, fields: { csrf_token: csrfToken, ...fields }, text: say(text) })
}
