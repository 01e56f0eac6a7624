import { authorityOf } from '../core/authority.ts'
import type { Environment } from '../core/environment.ts'
import { adminConsent } from './admin-consent.ts'
import { documentAnswer, faultAnswer } from './answers.ts'
import { authorize } from './authorize.ts'
import { directoryAt } from './cloud.ts'
import { createDirectory } from './directory.ts'
import { discoveryDocument } from './discovery.ts'
import { Fault } from './errors.ts'
import { createGrants } from './grants.ts'
import { answerGraph, type GraphAnswer, type GraphRequest } from './graph.ts'
import { appSpecificKeys, createKeyRing, keySetOf, type KeyRing, type SigningKeys } from './keys.ts'
import { logout } from './logout.ts'
import { examplePhoto } from './photo.ts'
import type { Simulation } from './simulation.ts'
import { createSsoSessions } from './sso.ts'
import { createStandings, type Standings } from './standings.ts'
import { token } from './token.ts'
import type {
  Account, Application, Claims, EndpointAnswer, EndpointRequest, SimulatedPhoto, Tenant, TenantReference, TokenResponseHook
} from './types.ts'

/** The endpoints that there are. */
export type EndpointName = 'discovery' | 'keys' | 'authorize' | 'token' | 'logout' | 'adminConsent'

/** Where each endpoint is, behind base and tenant, and what it takes. The token endpoint refuses GET in its own words. */
export const endpointRoutes: Readonly<Record<EndpointName, { path: string, methods: ReadonlyArray<'GET' | 'POST'> }>> = {
  discovery: { path: '/v2.0/.well-known/openid-configuration', methods: ['GET'] },
  keys: { path: '/discovery/v2.0/keys', methods: ['GET'] },
  authorize: { path: '/oauth2/v2.0/authorize', methods: ['GET', 'POST'] },
  token: { path: '/oauth2/v2.0/token', methods: ['GET', 'POST'] },
  logout: { path: '/oauth2/v2.0/logout', methods: ['GET', 'POST'] },
  adminConsent: { path: '/v2.0/adminconsent', methods: ['GET', 'POST'] }
}

/** What a simulated Microsoft consists of. */
export interface EngineParts {
  /** What endpoints and issuers start with, no slash at the end. */
  readonly base: string
  /** What tokens name as their issuer, where it does not follow from the base. */
  readonly issuer?: string | undefined
  readonly environment: Pick<Environment, 'now' | 'randomBytes'>
  readonly tenants: readonly Tenant[]
  readonly accounts: readonly Account[]
  readonly applications: readonly Application[]
  readonly onTokenResponse: TokenResponseHook | null
}

/** A simulated Microsoft, without a server around it. */
export interface Engine {
  readonly base: string
  /** Answers a request to an endpoint. */
  answer: (endpoint: EndpointName, request: EndpointRequest) => Promise<EndpointAnswer>
  /** Answers a request to Microsoft Graph. */
  answerGraph: (request: GraphRequest) => GraphAnswer
  /** How many requests each endpoint has had; `refresh` are those of the token endpoint with a refresh token, `graph` those to Microsoft Graph. */
  readonly requests: Readonly<Record<EndpointName | 'refresh' | 'graph', number>>
  /** What stands between accounts and their tokens. */
  readonly standings: Standings
  /** Sets the photo of an account, or takes it away (`null`). */
  setPhoto: (key: string, photo: SimulatedPhoto | null) => void
  /** What it signs with and publishes. */
  readonly keys: KeyRing
  /** All accounts, as they are now. */
  accounts: () => readonly Account[]
  /** Adds to the claims of an account, and takes away those that are `undefined`. Says whether there is such an account. */
  setClaims: (key: string, claims: Claims) => boolean
  /** Adds to the claims of the one sign-in that a code stands for. An unknown code is left alone. */
  setClaimsOfCode: (code: string, claims: Claims) => void
  /** Sets or takes away (`null`) what changes token responses. */
  setTokenResponseHook: (hook: TokenResponseHook | null) => void
}

/** Puts a simulated Microsoft together. */
export function createEngine (parts: EngineParts): Engine {
  const { base, environment, applications, onTokenResponse } = parts
  const authority = authorityOf(base, parts.issuer)
  const directory = directoryAt(authority, createDirectory(parts.tenants, parts.accounts))
  const requests = { discovery: 0, keys: 0, authorize: 0, token: 0, logout: 0, adminConsent: 0, refresh: 0, graph: 0 }
  const grants = createGrants(environment)
  const keys = createKeyRing()
  const simulation: Simulation = {
    authority,
    environment,
    directory,
    applications,
    onTokenResponse,
    grants,
    keys,
    standings: createStandings(),
    photos: new Map([['ada', examplePhoto()]]),
    countRefresh: () => { requests.refresh++ },
    sso: createSsoSessions(base, environment)
  }
  return {
    base,
    requests,
    keys,
    answer: async (endpoint, request) => {
      requests[endpoint]++
      return await endpoints[endpoint](simulation, request)
    },
    answerGraph: (request) => {
      requests.graph++
      return answerGraph(simulation, request)
    },
    standings: simulation.standings,
    setPhoto: (key, photo) => { photo === null ? simulation.photos.delete(key) : simulation.photos.set(key, photo) },
    accounts: () => directory.accounts(),
    setClaims: (key, claims) => directory.setClaims(key, claims),
    setClaimsOfCode: (code, claims) => {
      const issued = simulation.grants.findCode(code)
      if (issued !== undefined) issued.claims = { ...issued.claims, ...claims }
    },
    setTokenResponseHook: (hook) => { simulation.onTokenResponse = hook }
  }
}

type Endpoint = (simulation: Simulation, request: EndpointRequest) => EndpointAnswer | Promise<EndpointAnswer>

const endpoints: Readonly<Record<EndpointName, Endpoint>> = {
  discovery: document((simulation, tenant) => discoveryDocument(simulation.authority, tenant)),
  keys: document(async (simulation, tenant, request) => keySetOf(await keysFor(simulation, tenant, request), simulation.authority, tenant)),
  authorize,
  token,
  logout,
  adminConsent
}

/** An application that has keys of its own publishes them in its own tenant, to whoever names it. */
async function keysFor ({ applications, keys }: Simulation, tenant: TenantReference, { query }: EndpointRequest): Promise<readonly SigningKeys[]> {
  const named = new URLSearchParams(query).get('appid')?.toLowerCase()
  const hasOwn = tenant.id !== null && applications.some(({ clientId, appSpecificKeys: own }) => own && clientId === named)
  return hasOwn ? [await appSpecificKeys()] : await keys.published()
}

/** An endpoint that gives a document about a tenant; an unknown one is `invalid_tenant` here, and only here. */
function document (write: (simulation: Simulation, tenant: TenantReference, request: EndpointRequest) => object | Promise<object>): Endpoint {
  return async (simulation, request) => {
    const tenant = simulation.directory.findTenant(request.tenant)
    if (tenant !== null) return documentAnswer(await write(simulation, tenant, request), simulation.authority.base, simulation.environment.now())
    return faultAnswer(new Fault(90002, `It was given as '${request.tenant}'.`), simulation.environment, 'invalid_tenant')
  }
}
