import { html, type SafeHtml } from '@remix-run/html-template'
import { authorizationResponse } from './authorization-response.ts'
import { identifyRequester, type Requester } from './authorization-request.ts'
import { isForeign, refuseForeignChoice, sendFault, showFault } from './authorize.ts'
import { Fault } from './errors.ts'
import { hiddenFields, page } from './page.ts'
import { formBody, type Parameters, readParameters, requireParameter } from './parameters.ts'
import { choiceFields } from './picker.ts'
import { readScopes } from './scopes.ts'
import type { Simulation } from './simulation.ts'
import { consumersTenantId } from './tenants.ts'
import type { Account, EndpointAnswer, EndpointRequest } from './types.ts'

/** Microsoft sets it in every answer of this endpoint, also where the administrator has declined. */
const always = { admin_consent: 'True' }

/**
 * The endpoint at which an administrator allows an application for a whole tenant (Microsoft, 'Admin consent on the
 * Microsoft identity platform'). Everybody can open it; only an administrator of the tenant can answer.
 */
export function adminConsent (simulation: Simulation, request: EndpointRequest): EndpointAnswer {
  let requester: Requester
  let parameters: Parameters
  let scopes: string[]
  try {
    parameters = readParameters(request.query, formBody(request.body, request.contentType))
    requester = { ...identifyRequester(simulation, request.tenant, parameters), responseMode: 'query' }
    // The tenant of personal accounts has no administrator, and "common" would let one in.
    if (requester.tenant.id === consumersTenantId || requester.tenant.name === 'common') throw new Fault(90023, `An administrator's consent cannot be asked under '${request.tenant}'.`)
    scopes = readScopes(requireParameter(parameters, 'scope'))
  } catch (error) {
    return showFault(error, simulation)
  }
  const key = parameters.get(choiceFields.account)
  const isCancelled = parameters.has(choiceFields.cancel)
  if (request.method !== 'POST' || (key === undefined && !isCancelled)) return consentPage(simulation, requester, parameters, scopes)
  if (isForeign(request.fetchSite)) return refuseForeignChoice()
  if (isCancelled) return sendFault(new Fault(65004), simulation, requester, request.method, always)
  const account = simulation.directory.findAccount(key!)
  if (account === null || !mayConsentFor(account, requester)) return showFault(new Fault(90094), simulation)
  simulation.grants.allow(account.tid, requester.application.clientId)
  return authorizationResponse(requester, { ...always, tenant: account.tid, scope: scopes.join(' ') }, request.method)
}

function mayConsentFor ({ isAdministrator, tid }: Account, { tenant, application }: Requester): boolean {
  const isOwn = application.signInAudience !== 'AzureADMyOrg' || application.tenantId === tid
  return isAdministrator === true && isOwn && (tenant.id === null || tenant.id === tid)
}

function consentPage ({ directory }: Simulation, requester: Requester, parameters: Parameters, scopes: readonly string[]): EndpointAnswer {
  const own: string[] = Object.values(choiceFields)
  const administrators = directory.accounts().filter((account) => mayConsentFor(account, requester))
  const content = html`<p>${new URL(requester.redirectUri).host} asks for ${scopes.join(', ')}, for everybody in your organisation.</p>
${administrators.length === 0 ? html`<p>No simulated account administrates this tenant: give one the option "isAdministrator".</p>` : null}
<form method="post" action="adminconsent">
${hiddenFields([...parameters].filter(([name]) => !own.includes(name)))}<ul>
${administrators.map(acceptItem)}</ul>
<button type="submit" name="${choiceFields.cancel}" value="1">Cancel</button>
</form>`
  return page('Permissions requested for your organisation', content, { formTarget: requester.redirectUri })
}

function acceptItem ({ key, name, username }: Account): SafeHtml {
  return html`<li><button type="submit" name="${choiceFields.account}" value="${key}">
<strong>Accept as ${name}</strong> <span>${username}</span>
</button></li>
`
}
