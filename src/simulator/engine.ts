import { authorityOf } from '../core/authority.ts'
import type { Environment } from '../core/environment.ts'
import { documentAnswer, faultAnswer } from './answers.ts'
import { authorize } from './authorize.ts'
import { createDirectory } from './directory.ts'
import { discoveryDocument } from './discovery.ts'
import { Fault } from './errors.ts'
import { createGrants } from './grants.ts'
import { keySetOf, signingKeys } from './keys.ts'
import { logout } from './logout.ts'
import type { Simulation } from './simulation.ts'
import { createSsoSessions } from './sso.ts'
import { token } from './token.ts'
import type {
  Account, Application, Claims, EndpointAnswer, EndpointRequest, Tenant, TenantReference, TokenResponseHook
} from './types.ts'

/** The endpoints that there are. */
export type EndpointName = 'discovery' | 'keys' | 'authorize' | 'token' | 'logout'

/** Where each endpoint is, behind base and tenant, and what it takes. The token endpoint refuses GET in its own words. */
export const endpointRoutes: Readonly<Record<EndpointName, { path: string, methods: ReadonlyArray<'GET' | 'POST'> }>> = {
  discovery: { path: '/v2.0/.well-known/openid-configuration', methods: ['GET'] },
  keys: { path: '/discovery/v2.0/keys', methods: ['GET'] },
  authorize: { path: '/oauth2/v2.0/authorize', methods: ['GET', 'POST'] },
  token: { path: '/oauth2/v2.0/token', methods: ['GET', 'POST'] },
  logout: { path: '/oauth2/v2.0/logout', methods: ['GET', 'POST'] }
}

/** What a simulated Microsoft consists of. */
export interface EngineParts {
  /** What endpoints and issuers start with, no slash at the end. */
  readonly base: string
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
  /** How many requests each endpoint has had. */
  readonly requests: Readonly<Record<EndpointName, number>>
  /** All accounts, as they are now. */
  accounts: () => readonly Account[]
  /** Adds to the claims of an account, and takes away those that are `undefined`. Says whether there is such an account. */
  setClaims: (key: string, claims: Claims) => boolean
  /** Disables an account, or enables it again. Says whether there is such an account. */
  setDisabled: (key: string, disabled: boolean) => boolean
  /** Adds to the claims of the one sign-in that a code stands for. An unknown code is left alone. */
  setClaimsOfCode: (code: string, claims: Claims) => void
  /** Sets or takes away (`null`) what changes token responses. */
  setTokenResponseHook: (hook: TokenResponseHook | null) => void
}

/** Puts a simulated Microsoft together. */
export function createEngine (parts: EngineParts): Engine {
  const { base, environment, applications, onTokenResponse } = parts
  const directory = createDirectory(parts.tenants, parts.accounts)
  const grants = createGrants(environment)
  const simulation: Simulation = {
    authority: authorityOf(base),
    environment,
    directory,
    applications,
    grants,
    onTokenResponse,
    sso: createSsoSessions(base, environment)
  }
  const requests = { discovery: 0, keys: 0, authorize: 0, token: 0, logout: 0 }
  return {
    base,
    requests,
    answer: async (endpoint, request) => {
      requests[endpoint]++
      return await endpoints[endpoint](simulation, request)
    },
    accounts: () => directory.accounts(),
    setClaims: (key, claims) => directory.setClaims(key, claims),
    setDisabled: (key, disabled) => directory.setDisabled(key, disabled),
    setClaimsOfCode: (code, claims) => {
      const issued = grants.findCode(code)
      if (issued !== undefined) issued.claims = { ...issued.claims, ...claims }
    },
    setTokenResponseHook: (hook) => { simulation.onTokenResponse = hook }
  }
}

type Endpoint = (simulation: Simulation, request: EndpointRequest) => EndpointAnswer | Promise<EndpointAnswer>

const endpoints: Readonly<Record<EndpointName, Endpoint>> = {
  discovery: document((simulation, tenant) => discoveryDocument(simulation.authority, tenant)),
  keys: document(async (simulation, tenant) => keySetOf(await signingKeys(), simulation.authority.base, tenant)),
  authorize,
  token,
  logout
}

/** An endpoint that gives a document about a tenant; an unknown one is `invalid_tenant` here, and only here. */
function document (write: (simulation: Simulation, tenant: TenantReference) => object | Promise<object>): Endpoint {
  return async (simulation, request) => {
    const tenant = simulation.directory.findTenant(request.tenant)
    if (tenant !== null) return documentAnswer(await write(simulation, tenant), simulation.authority.base)
    return faultAnswer(new Fault(90002, `It was given as '${request.tenant}'.`), simulation.environment, 'invalid_tenant')
  }
}
