import { html, type SafeHtml } from '@remix-run/html-template'
import type { AuthorizationRequest } from './authorization-request.ts'
import { maySignIn } from './directory.ts'
import { loginHintOf } from './login-hint.ts'
import { hiddenFields, page } from './page.ts'
import type { Parameters } from './parameters.ts'
import { consumersTenantId } from './tenants.ts'
import type { Account, EndpointAnswer } from './types.ts'

/** Fields that the page adds to the parameters of the request. Microsoft has none of these names. */
export const choiceFields = { account: 'simulator_account', cancel: 'simulator_cancel' } as const

/**
 * The page on which somebody picks an account: one form, a button for each
 * account, no script. The form leaves the query of its own URL behind, since
 * the hidden fields carry the parameters.
 */
export function pickerPage (
  accounts: readonly Account[], request: AuthorizationRequest, parameters: Parameters, signedIn: ReadonlySet<string> = new Set()
): EndpointAnswer {
  const admitted = accounts.filter((account) => maySignIn(account, request.tenant, request.application))
  const others = accounts.filter((account) => !admitted.includes(account))
  const suggested = suggestAccount(admitted, request)
  const first = suggested === null ? [] : [suggested]
  const list = [...first, ...admitted.filter((account) => account !== suggested)]
  const content = html`<p>Sign in to ${new URL(request.redirectUri).host} as:</p>
<form method="post" action="authorize">
${hiddenFields(withoutChoice(parameters))}<ul>
${list.map((account) => accountItem(account, account === suggested, signedIn))}</ul>
${others.length === 0 ? '' : html`<h2>Not for this tenant</h2>\n<ul>\n${others.map((account) => accountItem(account, false, signedIn))}</ul>`}
<button type="submit" name="${choiceFields.cancel}" value="1">Cancel</button>
</form>`
  return page('Pick an account', content, { formTarget: request.redirectUri })
}

function accountItem (account: Account, suggested: boolean, signedIn: ReadonlySet<string>): SafeHtml {
  const note = signedIn.has(account.key) ? html` <span class="quiet">Signed in</span>` : null
  return html`<li>${accountButton(account, suggested ? html.raw` autofocus` : null, note)}</li>
`
}

/** The button that picks an account. */
export function accountButton (account: Account, focus: SafeHtml | null, note: SafeHtml | null = null): SafeHtml {
  return html`<button type="submit" name="${choiceFields.account}" value="${account.key}"${focus}>
<strong>${account.name}</strong> <span>${account.username}</span> <span class="quiet">${account.shows}</span>${note}
</button>`
}

/** The parameters of the request itself. */
export function withoutChoice (parameters: Parameters): Array<readonly [string, string]> {
  const own: string[] = Object.values(choiceFields)
  return [...parameters].filter(([name]) => !own.includes(name))
}

/**
 * The account that a hint means: put first and focused, never signed in by
 * itself. Hints say who is likely, not who it is.
 */
export function suggestAccount (
  accounts: readonly Account[], request: Pick<AuthorizationRequest, 'loginHint' | 'domainHint'>
): Account | null {
  const { loginHint } = request
  const byLogin = accounts.find((account) => loginHint !== undefined && isNamedBy(account, loginHint))
  return byLogin ?? accounts.find((account) => isInDomain(account, request.domainHint?.toLowerCase())) ?? null
}

/** Whether a hint means an account: its sign-in name, an address of it, or its `login_hint` claim, character by character. */
export function isNamedBy (account: Account, hint: string): boolean {
  return hint === loginHintOf(account) || namesOf(account).includes(hint.toLowerCase())
}

function namesOf ({ username, claims }: Account): string[] {
  return [username, claims.email, claims.upn].filter((name) => typeof name === 'string').map((name) => name.toLowerCase())
}

function isInDomain (account: Account, domain: string | undefined): boolean {
  if (domain === undefined) return false
  const personal = account.tid === consumersTenantId
  if (domain === 'consumers') return personal
  if (domain === 'organizations') return !personal
  return namesOf(account).some((name) => name.endsWith(`@${domain}`))
}
