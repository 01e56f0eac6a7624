import { endpointsOf, issuerOf } from '../core/authority.ts'
import { faultAnswer, tokenAnswer } from './answers.ts'
import { checkTenantOfApplication, findApplication } from './applications.ts'
import { authenticateClient, readCredentials } from './client-authentication.ts'
import { clientInfoAsked } from './client-info.ts'
import { Fault } from './errors.ts'
import { accessTokenLifetime, type IssuedRefreshToken } from './grants.ts'
import { idTokenClaims, signIdToken } from './id-token.ts'
import { appSpecificKeys } from './keys.ts'
import { formBody, type Parameters, readParameters, requireParameter } from './parameters.ts'
import { redeemCode, type Redemption, useRefreshToken } from './redeem.ts'
import { scopesOfToken } from './scopes.ts'
import type { Simulation } from './simulation.ts'
import type { Claims, EndpointAnswer, EndpointRequest, Grant, TenantReference, TokenResponse } from './types.ts'

/** The token endpoint (RFC 6749 section 3.2). */
export async function token (simulation: Simulation, request: EndpointRequest): Promise<EndpointAnswer> {
  try {
    const parameters = readForm(request)
    const grantType = requireGrantType(parameters)
    const redemption = identifyClient(simulation, request, parameters)
    if (grantType === 'refresh_token') simulation.countRefresh()
    const { grant, claims } = grantType === 'authorization_code'
      ? redeemCode(simulation, redemption)
      : withoutNonce(useRefreshToken(simulation, redemption))
    const response = await tokenResponse(simulation, redemption, grant, claims)
    return tokenAnswer(simulation.onTokenResponse === null ? response : await simulation.onTokenResponse(response))
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return faultAnswer(error, simulation.environment)
  }
}

function readForm (request: EndpointRequest): Parameters {
  if (request.method !== 'POST') throw new Fault(900561, `Received a ${request.method} request.`)
  return readParameters(formBody(request.body, request.contentType))
}

function requireGrantType (parameters: Parameters): 'authorization_code' | 'refresh_token' {
  const grantType = requireParameter(parameters, 'grant_type')
  if (grantType !== 'authorization_code' && grantType !== 'refresh_token') throw new Fault(70003)
  return grantType
}

function identifyClient (simulation: Simulation, request: EndpointRequest, parameters: Parameters): Redemption {
  const tenant = simulation.directory.findTenant(request.tenant)
  if (tenant === null) throw new Fault(90002, `It was given as '${request.tenant}'.`)
  const credentials = readCredentials(request.authorization, parameters)
  const application = findApplication(simulation.applications, credentials.clientId)
  checkTenantOfApplication(application, tenant)
  const now = simulation.environment.now()
  // A single-page application has no secret to keep, and so none to show.
  if (application.platform === 'web') {
    authenticateClient({ application, audiences: audiencesOf(simulation, request.tenant, tenant), now }, credentials, parameters)
  }
  return { application, tenant, parameters, origin: request.origin, now }
}

/** Whom an assertion may be for: this token endpoint under the names of its tenant (Microsoft's page on certificate credentials), or the tenant's issuer. */
function audiencesOf ({ authority }: Simulation, given: string, { name, id }: TenantReference): ReadonlySet<string> {
  const endpoints = [given, name].map((tenant) => endpointsOf(authority, tenant).token)
  return new Set(id === null ? endpoints : [...endpoints, issuerOf(authority, id)])
}

/** A nonce belongs to the sign-in; what is refreshed later has none (OpenID Connect Core section 12.2). */
function withoutNonce ({ grant, claims }: IssuedRefreshToken): Pick<IssuedRefreshToken, 'grant' | 'claims'> {
  return { grant: { ...grant, nonce: null }, claims }
}

async function tokenResponse (
  simulation: Simulation, redemption: Redemption, grant: Grant, claims: Claims
): Promise<TokenResponse> {
  const { directory, grants, standings } = simulation
  standings.requireEnabled(grant.account)
  const asked = scopesOfToken(redemption.parameters.get('scope'), grant.scopes, standings.consentedTo(grant.clientId, grant.account))
  const scopes = asked.filter((scope) => scope !== 'offline_access')
  return {
    token_type: 'Bearer',
    scope: scopes.join(' '),
    expires_in: accessTokenLifetime,
    ext_expires_in: accessTokenLifetime,
    access_token: grants.issueAccessToken(grant.account, scopes),
    ...(asked.includes('offline_access') ? { refresh_token: grants.issueRefreshToken(grant, claims, standings.generationOf(grant.account)) } : {}),
    ...(asked.includes('openid') ? { id_token: await idToken(simulation, redemption, { ...grant, scopes: asked }, claims) } : {}),
    ...clientInfoAsked(redemption.parameters, directory.findAccount(grant.account)!)
  }
}

async function idToken (
  simulation: Simulation, { application }: Redemption, grant: Grant, claims: Claims
): Promise<string> {
  const { authority, directory, environment, keys } = simulation
  const account = directory.findAccount(grant.account)!
  const all = idTokenClaims({ authority, account, application, grant, claims }, environment)
  return await signIdToken(all, account.tid, await (application.appSpecificKeys ? appSpecificKeys() : keys.signing()))
}
