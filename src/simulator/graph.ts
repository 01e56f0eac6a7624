import { randomGuid } from '../core/guid.ts'
import type { Simulation } from './simulation.ts'
import { consumersTenantId } from './tenants.ts'
import type { Account } from './types.ts'

/** What of Microsoft Graph there is: the person, and their photo. */
export type GraphResource = 'me' | 'photo'

/** Where they are, behind the address of Graph. */
export const graphRoutes: Readonly<Record<GraphResource, string>> = {
  me: '/v1.0/me',
  photo: '/v1.0/me/photos/:size/$value'
}

/** A request to Microsoft Graph. */
export interface GraphRequest {
  readonly resource: GraphResource
  readonly authorization: string | undefined
}

/** Its answer. */
export interface GraphAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/**
 * Answers as Microsoft Graph does: `me` is the account that the access token
 * was given for, and the token must be one of ours, for Graph, alive, and
 * with the scope that the resource wants.
 */
export function answerGraph (simulation: Simulation, { resource, authorization }: GraphRequest): GraphAnswer {
  const { grants, directory, environment } = simulation
  const token = grants.findAccessToken(/^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '')
  if (token === undefined || token.api !== '' || token.expiresAt <= environment.now()) {
    return failure(simulation, 401, 'InvalidAuthenticationToken', 'The access token is missing, unknown, expired or for another API.')
  }
  if (!token.scopes.some((scope) => scope.startsWith('user.read'))) {
    return failure(simulation, 403, 'Authorization_RequestDenied', 'The access token has no scope for this: User.Read is needed.')
  }
  const account = directory.findAccount(token.account)!
  return resource === 'me' ? me(account) : photo(simulation, account)
}

function me ({ name, username, oid, claims }: Account): GraphAnswer {
  const text = (claim: string): string | null => typeof claims[claim] === 'string' ? claims[claim] : null
  return json(200, {
    '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#users/$entity',
    displayName: name,
    givenName: text('given_name'),
    surname: text('family_name'),
    mail: text('email'),
    userPrincipalName: username,
    id: oid
  })
}

/** There is none of a personal account: Graph does not support that. */
function photo (simulation: Simulation, { key, tid }: Account): GraphAnswer {
  const found = tid === consumersTenantId ? undefined : simulation.photos.get(key)
  if (found === undefined) return failure(simulation, 404, 'ImageNotFound', 'There is no photo.')
  return { status: 200, headers: { 'content-type': found.contentType }, body: found.body }
}

function failure ({ environment }: Simulation, status: number, code: string, message: string): GraphAnswer {
  const date = new Date(environment.now()).toISOString().slice(0, 19)
  const id = randomGuid(environment)
  return json(status, { error: { code, message, innerError: { date, 'request-id': id, 'client-request-id': id } } })
}

function json (status: number, body: object): GraphAnswer {
  return { status, headers: { 'content-type': 'application/json', 'cache-control': 'no-cache' }, body: JSON.stringify(body) }
}
