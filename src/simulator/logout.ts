import { html, type SafeHtml } from '@remix-run/html-template'
import { redirectAnswer } from './answers.ts'
import { hiddenFields, page } from './page.ts'
import { formBody, type Parameters, readParameters } from './parameters.ts'
import { accountButton, choiceFields, isNamedBy, withoutChoice } from './picker.ts'
import type { Simulation } from './simulation.ts'
import type { SignedIn } from './sso.ts'
import type { Account, EndpointAnswer, EndpointRequest } from './types.ts'

/**
 * The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0). Signs one
 * account out at this browser: the one that `logout_hint` names, or that is
 * picked; tells the applications by their front-channel logout URLs, and sends
 * the browser back to a registered address, else it says goodbye.
 */
export function logout (simulation: Simulation, request: EndpointRequest): EndpointAnswer {
  const parameters = readLeniently(request)
  const next = nextAddress(simulation, parameters)
  const signedIn = simulation.sso.signedInAt(request.cookie)
  if (signedIn.length === 0) {
    return next === null ? goodbye(html`<p>Nobody was signed in at this browser.</p>`) : redirectAnswer(next, request.method)
  }
  const account = meantAccount(simulation, signedIn, parameters)
  if (account === null) return choicePage(simulation, signedIn, parameters, next)
  const ended = simulation.sso.signOut(request.cookie, account.key)!
  const frames = frontChannelAddresses(simulation, ended)
  return next !== null && frames.length === 0 ? redirectAnswer(next, request.method) : lastPage(account, frames, next)
}

/** Where the browser goes afterwards; `null` for nowhere, also where the address is not registered. */
function nextAddress ({ applications }: Simulation, parameters: Parameters): string | null {
  const target = parameters.get('post_logout_redirect_uri')
  if (target === undefined || !applications.some(({ redirectUris }) => redirectUris.has(target))) return null
  const url = new URL(target)
  const state = parameters.get('state')
  if (state !== undefined) url.searchParams.append('state', state)
  return url.href
}

/** Microsoft asks as well where only one account is signed in. */
function meantAccount ({ directory }: Simulation, signedIn: readonly SignedIn[], parameters: Parameters): Account | null {
  const hint = parameters.get('logout_hint')
  const key = parameters.get(choiceFields.account)
  const accounts = signedIn.map(({ account }) => directory.findAccount(account)!)
  return accounts.find((account) => account.key === key || (hint !== undefined && isNamedBy(account, hint))) ?? null
}

function choicePage (
  { directory }: Simulation, signedIn: readonly SignedIn[], parameters: Parameters, next: string | null
): EndpointAnswer {
  const accounts = signedIn.map(({ account }) => directory.findAccount(account)!)
  const content = html`<p>Which account do you want to sign out of?</p>
<form method="post" action="logout">
${hiddenFields(withoutChoice(parameters))}<ul>
${accounts.map((account) => html`<li>${accountButton(account, null)}</li>\n`)}</ul>
</form>`
  return page('Pick an account', content, next === null ? {} : { formTarget: next })
}

/** Microsoft's calls carry the `sid`, and no `iss`, whatever the specification says. */
function frontChannelAddresses ({ applications }: Simulation, { sid, applications: clientIds }: SignedIn): string[] {
  return applications.flatMap(({ clientId, frontChannelLogout }) => {
    const address = frontChannelLogout?.url ?? null
    if (address === null || !clientIds.has(clientId)) return []
    const url = new URL(address)
    url.searchParams.set('sid', sid)
    return [url.href]
  })
}

function lastPage ({ name }: Account, frames: readonly string[], next: string | null): EndpointAnswer {
  return goodbye(html`<p>${name} is signed out at this browser.</p>
${frames.map((frame) => html`<iframe src="${frame}" title="Tells an application" hidden></iframe>\n`)}
${next === null ? null : html`<p><a class="next" href="${next}">Go on</a></p>`}`, frames, next !== null)
}

function goodbye (content: SafeHtml, frames: readonly string[] = [], goesOn = false): EndpointAnswer {
  return page('You signed out', content, { frames, goesOn })
}

/** Signing out never fails: parameters that are not clear count for nothing. */
function readLeniently (request: EndpointRequest): Parameters {
  try {
    return readParameters(request.query, formBody(request.body, request.contentType))
  } catch {
    return new Map()
  }
}
