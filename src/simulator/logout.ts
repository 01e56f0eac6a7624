import { html } from '../core/html.ts'
import { redirectAnswer } from './answers.ts'
import { page } from './page.ts'
import { formBody, type Parameters, readParameters } from './parameters.ts'
import type { Simulation } from './simulation.ts'
import type { EndpointAnswer, EndpointRequest } from './types.ts'

/**
 * The end-session endpoint. Nobody is signed in at the simulator, so it only
 * sends the browser back to a registered address, else it says goodbye
 * (OpenID Connect RP-Initiated Logout section 3).
 */
export function logout (simulation: Simulation, request: EndpointRequest): EndpointAnswer {
  const parameters = readLeniently(request)
  const target = parameters.get('post_logout_redirect_uri')
  if (target === undefined || !simulation.applications.some(({ redirectUris }) => redirectUris.has(target))) {
    return page('You signed out', html`<p>The simulator keeps nobody signed in.</p>`)
  }
  const url = new URL(target)
  const state = parameters.get('state')
  if (state !== undefined) url.searchParams.append('state', state)
  return redirectAnswer(url.href, request.method)
}

/** Signing out never fails: parameters that are not clear count for nothing. */
function readLeniently (request: EndpointRequest): Parameters {
  try {
    return readParameters(request.query, formBody(request.body, request.contentType))
  } catch {
    return new Map()
  }
}
