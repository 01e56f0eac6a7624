import {
  type AuthorizationRequest, identifyRequester, readAuthorizationRequest, type Requester
} from './authorization-request.ts'
import { html } from '../core/html.ts'
import { authorizationResponse } from './authorization-response.ts'
import { clientInfoAsked } from './client-info.ts'
import { requireConsent } from './consent.ts'
import { maySignIn } from './directory.ts'
import { errorBody, Fault, statusOf } from './errors.ts'
import { page } from './page.ts'
import { formBody, type Parameters, readParameters } from './parameters.ts'
import { choiceFields, pickerPage } from './picker.ts'
import { randomGuid } from './random.ts'
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
  const key = parameters.get(choiceFields.account)
  const cancelled = parameters.has(choiceFields.cancel)
  if (request.method !== 'POST' || (key === undefined && !cancelled)) {
    return pickerPage(simulation.directory.accounts(), asked, parameters)
  }
  if (isForeign(request.fetchSite)) return refuseForeignChoice()
  if (cancelled) throw new Fault(65004)
  const account = simulation.directory.findAccount(key!)
  if (account === null) return showFault(new Fault(50034, `Its key was given as '${key}'.`), simulation)
  if (!maySignIn(account, asked.tenant, asked.application)) return showFault(new Fault(50020), simulation)
  if (simulation.standings.isDisabled(account.key)) return showFault(new Fault(50057), simulation)
  if (account.fault !== undefined) throw new Fault(account.fault)
  if (account.refusesConsent) throw new Fault(65004)
  requireConsent(simulation, asked.application, account)
  simulation.standings.consent(asked.application.clientId, account.key, asked.scopes)
  return sendCode(simulation, asked, account, request.method, clientInfoAsked(parameters, account))
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

function sendCode (
  simulation: Simulation, asked: AuthorizationRequest, account: Account, method: string, clientInfo: { client_info?: string }
): EndpointAnswer {
  const code = simulation.grants.issueCode({
    clientId: asked.application.clientId,
    account: account.key,
    tenant: asked.tenant.name,
    scopes: asked.scopes,
    redirectUri: asked.redirectUri,
    nonce: asked.nonce,
    challenge: asked.challenge,
    // Whoever picks an account has shown who they are just now.
    session: { sid: randomGuid(simulation.environment), authenticatedAt: simulation.environment.now() }
  })
  return authorizationResponse(asked, { code, ...clientInfo, session_state: randomGuid(simulation.environment) }, method)
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
    error: body.error,
    ...(cancelled ? { error_subcode: 'cancel' } : {}),
    error_description: body.error_description,
    error_uri: body.error_uri
  }, method)
}
