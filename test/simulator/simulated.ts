import { createHash } from 'node:crypto'
import { publicCloud } from '../../src/core/authority.ts'
import { builtInAccounts } from '../../src/simulator/accounts.ts'
import { createEngine, type Engine, type EngineParts } from '../../src/simulator/engine.ts'
import { builtInTenants } from '../../src/simulator/tenants.ts'
import type { Application, EndpointAnswer, EndpointRequest } from '../../src/simulator/types.ts'

/** 22 November 2026, in milliseconds since 1970. */
export const startOfTime = Date.UTC(2026, 10, 22)
export const redirectUri = 'https://app.example/callback'
export const secret = 'the-right-secret'
export const verifier = 'a-verifier-that-is-long-enough-for-rfc-7636-~._'
export const challenge = createHash('sha256').update(verifier).digest('base64url')

export const webApp: Application = {
  clientId: '75dc5961-e437-46ec-aed8-b15e9eba24db',
  clientSecrets: [{ value: secret }, { value: 'an-expired-secret', expiresAt: startOfTime }],
  redirectUris: new Set([redirectUri, 'https://app.example/other']),
  platform: 'web',
  signInAudience: 'AzureADandPersonalMicrosoftAccount',
  tenantId: null,
  optionalClaims: new Set(['acct', 'email', 'upn', 'verified_primary_email', 'xms_edov']),
  appSpecificKeys: false
}

export const otherApp: Application = { ...webApp, clientId: 'cf4564cf-724f-42c2-8e5f-669d39743300' }

/** A clock that stands until it is moved, and bytes that are the same in every run. */
export function testEnvironment (): { time: number, now: () => number, randomBytes: (size: number) => Buffer } {
  let count = 0
  const environment = {
    time: startOfTime,
    now: () => environment.time,
    randomBytes: (size: number) => Buffer.alloc(size).fill(createHash('sha256').update(String(count++)).digest())
  }
  return environment
}

export interface Simulated {
  engine: Engine
  environment: ReturnType<typeof testEnvironment>
  /** Sends a request to an endpoint. */
  send: (endpoint: Parameters<Engine['answer']>[0], request?: Partial<EndpointRequest>) => Promise<EndpointAnswer>
  /** Asks the authorization endpoint; parameters that are undefined are left out. */
  authorize: (parameters?: Fields, request?: Partial<EndpointRequest>) => Promise<EndpointAnswer>
  /** Picks an account and gives the code. */
  code: (account?: string, parameters?: Fields, request?: Partial<EndpointRequest>) => Promise<string>
  /** Redeems something at the token endpoint. */
  redeem: (parameters: Fields, request?: Partial<EndpointRequest>) => Promise<EndpointAnswer>
}

export type Fields = Readonly<Record<string, string | undefined>>

export function simulate (parts: Partial<EngineParts> = {}): Simulated {
  const environment = testEnvironment()
  const engine = createEngine({
    base: publicCloud,
    environment,
    tenants: Object.values(builtInTenants),
    accounts: builtInAccounts,
    applications: [webApp, otherApp],
    onTokenResponse: null,
    ...parts
  })
  const send: Simulated['send'] = async (endpoint, request = {}) => await engine.answer(endpoint, {
    method: 'GET',
    tenant: 'common',
    query: '',
    body: '',
    contentType: undefined,
    authorization: undefined,
    origin: undefined,
    fetchSite: undefined,
    ...request
  })
  const authorize: Simulated['authorize'] = async (parameters = {}, request = {}) =>
    await send('authorize', { query: encode({ ...asked, ...parameters }), ...request })
  return {
    engine,
    environment,
    send,
    authorize,
    code: async (account = 'ada', parameters = {}, request = {}) => {
      const answer = await authorize(parameters, { ...form({ simulator_account: account }), ...request })
      return new URL(answer.headers.location!).searchParams.get('code')!
    },
    redeem: async (parameters, request = {}) => await send('token', { ...form({ ...redeemed, ...parameters }), ...request })
  }
}

const asked: Fields = {
  client_id: webApp.clientId,
  response_type: 'code',
  redirect_uri: redirectUri,
  scope: 'openid profile email',
  state: 'the-state',
  nonce: 'the-nonce',
  code_challenge: challenge,
  code_challenge_method: 'S256'
}

const redeemed: Fields = {
  grant_type: 'authorization_code',
  client_id: webApp.clientId,
  client_secret: secret,
  redirect_uri: redirectUri,
  code_verifier: verifier
}

export function encode (fields: Fields): string {
  const given = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return new URLSearchParams(given).toString()
}

/** A form as it is posted. */
export function form (fields: Fields): Pick<EndpointRequest, 'method' | 'body' | 'contentType'> {
  return { method: 'POST', body: encode(fields), contentType: 'application/x-www-form-urlencoded' }
}

/** What a redirect carries. */
export function carried (answer: EndpointAnswer): Record<string, string> {
  return Object.fromEntries(new URL(answer.headers.location!).searchParams)
}

/** The numbers in an error answer of the token endpoint. */
export function numbers (answer: EndpointAnswer): unknown {
  return (JSON.parse(answer.body) as { error_codes: unknown }).error_codes
}
