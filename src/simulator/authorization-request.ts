import { checkTenantOfApplication, findApplication } from './applications.ts'
import { Fault } from './errors.ts'
import { type Parameters, requireParameter } from './parameters.ts'
import { readChallenge } from './pkce.ts'
import { readScopes } from './scopes.ts'
import type { Simulation } from './simulation.ts'
import type { Application, Challenge, TenantReference } from './types.ts'

/** How the answer to an authorization request goes back (OAuth 2.0 Multiple Response Type Encoding Practices, section 2.1). */
export type ResponseMode = 'query' | 'fragment' | 'form_post'

/** Who asks, and where an answer may go: known before anything else is looked at. */
export interface Requester {
  readonly application: Application
  readonly tenant: TenantReference
  readonly redirectUri: string
  readonly responseMode: ResponseMode
  readonly state: string | undefined
}

/** An authorization request that holds (OpenID Connect Core section 3.1.2.1). */
export interface AuthorizationRequest extends Requester {
  readonly scopes: readonly string[]
  readonly nonce: string | null
  readonly challenge: Challenge | null
  readonly loginHint: string | undefined
  readonly domainHint: string | undefined
  /** How long ago the person may have shown who they are, in seconds. */
  readonly maxAge: number | undefined
  readonly prompt: string | undefined
}

const responseModes = ['query', 'fragment', 'form_post']
const prompts = ['none', 'login', 'select_account', 'consent', 'create']

/**
 * Finds out who asks. A fault in here is shown to the person and never
 * redirected: the redirect URI cannot be trusted yet (RFC 6749 section 4.1.2.1).
 *
 * @throws Fault
 */
export function identifyRequester (
  simulation: Pick<Simulation, 'directory' | 'applications'>, segment: string, parameters: Parameters
): Requester {
  const tenant = simulation.directory.findTenant(segment)
  if (tenant === null) throw new Fault(90002, `It was given as '${segment}'.`)
  const application = findApplication(simulation.applications, parameters.get('client_id'))
  checkTenantOfApplication(application, tenant)
  const redirectUri = parameters.get('redirect_uri')
  if (redirectUri === undefined) throw new Fault(900971)
  if (!application.redirectUris.has(redirectUri)) throw new Fault(50011, redirectAdvice(redirectUri, application))
  const mode = parameters.get('response_mode')
  const responseMode = responseModes.includes(mode!) ? mode as ResponseMode : 'query'
  return { application, tenant, redirectUri, responseMode, state: parameters.get('state') }
}

function redirectAdvice (given: string, { redirectUris }: Application): string {
  const registered = redirectUris.size === 0 ? 'None is registered.' : `Registered: ${[...redirectUris].join(', ')}.`
  return `It was given as '${given}'. ${registered} They must be the same, character by character.`
}

/**
 * Checks the rest of an authorization request.
 *
 * @throws Fault, to be sent to the redirect URI.
 */
export function readAuthorizationRequest (requester: Requester, parameters: Parameters): AuthorizationRequest {
  checkResponseType(requireParameter(parameters, 'response_type'))
  checkResponseMode(parameters.get('response_mode'))
  const scopes = readScopes(requireParameter(parameters, 'scope'))
  const challenge = readChallenge(parameters)
  if (challenge === null && requester.application.platform === 'spa') throw new Fault(9002325)
  checkPrompt(parameters.get('prompt'))
  return {
    ...requester,
    scopes,
    challenge,
    nonce: parameters.get('nonce') ?? null,
    loginHint: parameters.get('login_hint'),
    domainHint: parameters.get('domain_hint'),
    maxAge: readMaxAge(parameters.get('max_age')),
    prompt: parameters.get('prompt')
  }
}

function checkResponseType (responseType: string): void {
  if (responseType === 'code') return
  const types = responseType.split(' ')
  if (types.includes('id_token')) throw new Fault(700054)
  if (types.includes('token')) throw new Fault(700051)
  throw new Fault(70005)
}

function checkResponseMode (mode: string | undefined): void {
  if (mode !== undefined && !responseModes.includes(mode)) throw new Fault(70007)
}

/** Of nobody who picks an account it is too long ago. */
function readMaxAge (maxAge: string | undefined): number | undefined {
  if (maxAge !== undefined && !/^\d{1,10}$/.test(maxAge)) throw new Fault(90023, 'The \'max_age\' value is not a whole number of seconds.')
  return maxAge === undefined ? undefined : Number(maxAge)
}

/** Microsoft takes one value, no list. */
function checkPrompt (prompt: string | undefined): void {
  if (prompt !== undefined && !prompts.includes(prompt)) throw new Fault(90023, 'Unsupported \'prompt\' value.')
}
