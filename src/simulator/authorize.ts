import { html } from '@remix-run/html-template'
import {
  type AuthorizationRequest, identifyRequester, readAuthorizationRequest, type Requester
} from './authorization-request.ts'
import { authorizationResponse } from './authorization-response.ts'
import { clientInfoAsked } from './client-info.ts'
import { requireConsent } from './consent.ts'
import { requireMappingAllowed } from './mapped-claims.ts'
import { maySignIn } from './directory.ts'
import { errorBody, Fault, statusOf } from './errors.ts'
import { page } from './page.ts'
import { formBody, type Parameters, readParameters } from './parameters.ts'
import { choiceFields, pickerPage } from './picker.ts'
import { randomGuid } from '../core/guid.ts'
import { hintedAccount, silentAccount } from './silent.ts'
import type { Simulation } from './simulation.ts'
import type { Account, EndpointAnswer, EndpointRequest } from './types.ts'

/** The authorization endpoint (OpenID Connect Core section 3.1.2): GET and POST alike. */
export function authorize (simulation: Simulation, request: EndpointRequest): EndpointAnswer {
  let requester: Requester
  let parameters: Parameters
  try {
    parameters = readParameters(request.query, formBody(request.body, request.contentType))
    requester = identifyRequester(simulation, request.tenant, parameters)
  } catch (error) {
    return showFault(error, simulation)
  }
  try {
    const asked = readAuthorizationRequest(requester, parameters)
    return answerChoice(simulation, request, asked, parameters)
  } catch (error) {
    return sendFault(error, simulation, requester, request.method)
  }
}

/** Nothing is chosen by GET: a link must not sign anybody in. */
function answerChoice (
  simulation: Simulation, request: EndpointRequest, asked: AuthorizationRequest, parameters: Parameters
): EndpointAnswer {
  const signedIn = simulation.sso.signedInAt(request.cookie)
  if (asked.prompt === 'none') return sendCode(simulation, request, asked, silentAccount(simulation, asked, signedIn), parameters)
  const key = parameters.get(choiceFields.account)
  const cancelled = parameters.has(choiceFields.cancel)
  if (request.method !== 'POST' || (key === undefined && !cancelled)) {
    const hinted = hintedAccount(simulation, asked, signedIn)
    if (hinted !== null) return sendCode(simulation, request, asked, hinted, parameters)
    return pickerPage(simulation.directory.accounts(), asked, parameters, new Set(signedIn.map(({ account }) => account)))
  }
  if (isForeign(request.fetchSite)) return refuseForeignChoice()
  if (cancelled) throw new Fault(65004)
  const account = simulation.directory.findAccount(key!)
  if (account === null) return showFault(new Fault(50034, `Its key was given as '${key}'.`), simulation)
  if (!maySignIn(account, asked.tenant, asked.application)) return showFault(new Fault(50020), simulation)
  if (simulation.standings.isDisabled(account.key)) return showFault(new Fault(50057), simulation)
  if (account.fault !== undefined) throw new Fault(account.fault)
  if (account.refusesConsent) return refuseConsent(simulation, request, asked, account)
  requireConsent(simulation, asked.application, account)
  requireMappingAllowed(asked.application, account)
  simulation.standings.consent(asked.application.clientId, account.key, asked.scopes)
  return sendCode(simulation, request, asked, account, parameters)
}

/**
 * Whether a choice was posted by another page than the simulator's own:
 * nobody else may sign the person at this browser in (login CSRF, RFC 9700
 * section 4.7). Requests without the header are no browser's.
 */
export function isForeign (fetchSite: string | undefined): boolean {
  return fetchSite !== undefined && fetchSite !== 'same-origin'
}

export function refuseForeignChoice (): EndpointAnswer {
  return page('Not from here', html`<p>An account can only be picked on the simulator's own page.</p>`, { status: 403 })
}

/** Who is signed in already is asked anew by `prompt=login`, and where the application says how long ago it may be; a silent sign-in asks nobody. */
function isAskedAfresh ({ prompt, maxAge }: AuthorizationRequest): boolean {
  return prompt === 'login' || (prompt !== 'none' && maxAge !== undefined)
}

/** Signs the account in at this browser, and sends the application its code. */
function sendCode (
  simulation: Simulation, { cookie, method }: EndpointRequest, asked: AuthorizationRequest, account: Account, parameters: Parameters
): EndpointAnswer {
  const who = { account: account.key, clientId: asked.application.clientId }
  const { signedIn: { sid, since }, setCookie } = simulation.sso.signIn(cookie, who, isAskedAfresh(asked))
  const code = simulation.grants.issueCode({
    clientId: asked.application.clientId,
    account: account.key,
    tenant: asked.tenant.name,
    scopes: asked.scopes,
    redirectUri: asked.redirectUri,
    nonce: asked.nonce,
    challenge: asked.challenge,
    session: { sid, authenticatedAt: since }
  })
  const answer = { code, ...clientInfoAsked(parameters, account), session_state: randomGuid(simulation.environment) }
  return withCookie(authorizationResponse(asked, answer, method), setCookie)
}

/** Who says no to the application is signed in at Microsoft by then. */
function refuseConsent (
  simulation: Simulation, { cookie, method }: EndpointRequest, asked: AuthorizationRequest, { key }: Account
): EndpointAnswer {
  const { setCookie } = simulation.sso.signIn(cookie, { account: key, clientId: null }, asked.prompt === 'login')
  return withCookie(sendFault(new Fault(65004), simulation, asked, method), setCookie)
}

function withCookie (answer: EndpointAnswer, setCookie: string): EndpointAnswer {
  return { ...answer, headers: { ...answer.headers, 'set-cookie': setCookie } }
}

/** A fault as the person sees it. */
export function showFault (error: unknown, simulation: Simulation): EndpointAnswer {
  if (!(error instanceof Fault)) throw error
  const body = errorBody(error, simulation.environment)
  const content = html`<p><strong>AADSTS${String(error.number)}</strong>: ${error.message}</p>
<p class="quiet">Correlation ID: ${body.correlation_id}<br>Timestamp: ${body.timestamp}</p>
<p><a href="${body.error_uri}" rel="noreferrer">What Microsoft says about this number</a></p>`
  return page('Sign-in is not possible', content, { status: statusOf(error.number) })
}

/** A fault as the application gets it. */
export function sendFault (
  error: unknown, simulation: Simulation, requester: Requester, method: string, more: Readonly<Record<string, string>> = {}
): EndpointAnswer {
  if (!(error instanceof Fault)) throw error
  const body = errorBody(error, simulation.environment)
  const cancelled = error.number === 65004
  return authorizationResponse(requester, {
    ...more,
    // The number is the same where a refresh finds it; here nobody may be asked.
    error: error.number === 65001 ? 'consent_required' : body.error,
    ...(cancelled ? { error_subcode: 'cancel' } : {}),
    error_description: body.error_description,
    error_uri: body.error_uri
  }, method)
}
