import { BoundedMap } from '../core/bounded-map.ts'
import { type Environment, randomToken } from '../core/environment.ts'
import { apiOf, apiScopes, normalScope } from '../core/scopes.ts'
import type { Claims, Grant } from './types.ts'

/** A code that was given out. */
export interface IssuedCode {
  readonly grant: Grant
  readonly expiresAt: number
  redeemed: boolean
  /** Claims for this one sign-in, over those of the account. */
  claims: Claims
}

/** A refresh token that was given out. It stays valid when it is used, as at Microsoft. */
export interface IssuedRefreshToken {
  readonly grant: Grant
  readonly expiresAt: number
  readonly claims: Claims
  /** How often the account's tokens had been revoked by then. */
  readonly generation: number
}

/** An access token that was given out. Opaque: nobody but the API may read one. */
export interface IssuedAccessToken {
  /** Key of the account. */
  readonly account: string
  /** The API that it is for, as {@link apiOf} names it. */
  readonly api: string
  /** As `normalScope` spells them. */
  readonly scopes: readonly string[]
  readonly expiresAt: number
}

/** Codes and tokens, kept in memory. */
export interface Grants {
  /** Makes a code for one use within a minute. */
  issueCode: (grant: Grant) => string
  findCode: (code: string) => IssuedCode | undefined
  /** Makes a refresh token for 90 days. */
  issueRefreshToken: (grant: Grant, claims: Claims, generation: number) => string
  findRefreshToken: (token: string) => IssuedRefreshToken | undefined
  /** Notes that an administrator has allowed an application for a tenant. */
  allow: (tid: string, clientId: string) => void
  /** Whether one has. */
  isAllowed: (tid: string, clientId: string) => boolean
  /** Makes an access token of one API, for {@link accessTokenLifetime} seconds. */
  issueAccessToken: (account: string, scopes: readonly string[]) => string
  findAccessToken: (token: string) => IssuedAccessToken | undefined
}

/** In seconds: what Microsoft says of an hour. */
export const accessTokenLifetime = 3_599

const codeLifetime = 60_000
const refreshTokenLifetime = 90 * 24 * 3_600_000
// Spent codes are kept, so that the second use is told from an unknown code;
// a development server that runs for weeks drops the oldest.
const most = 10_000

/** An empty store of grants. */
export function createGrants (environment: Pick<Environment, 'now' | 'randomBytes'>): Grants {
  const codes = new BoundedMap<string, IssuedCode>(most)
  const refreshTokens = new BoundedMap<string, IssuedRefreshToken>(most)
  const allowed = new Set<string>()
  const accessTokens = new BoundedMap<string, IssuedAccessToken>(most)
  return {
    issueCode: (grant) => {
      // Microsoft's codes hold dots as well: whoever rebuilds URLs by hand should notice.
      const code = `1.A${randomToken(environment)}.${randomToken(environment, 64)}`
      codes.set(code, { grant, expiresAt: environment.now() + codeLifetime, redeemed: false, claims: {} })
      return code
    },
    findCode: (code) => codes.get(code),
    issueRefreshToken: (grant, claims, generation) => {
      const token = `1.A${randomToken(environment, 96)}`
      refreshTokens.set(token, { grant, expiresAt: environment.now() + refreshTokenLifetime, claims, generation })
      return token
    },
    findRefreshToken: (token) => refreshTokens.get(token),
    allow: (tid, clientId) => { allowed.add(`${tid} ${clientId}`) },
    isAllowed: (tid, clientId) => allowed.has(`${tid} ${clientId}`),
    issueAccessToken: (account, scopes) => {
      const token = `EwB${randomToken(environment, 96)}`
      const api = apiOf(apiScopes(scopes)[0] ?? '')
      accessTokens.set(token, { account, api, scopes: scopes.map(normalScope), expiresAt: environment.now() + accessTokenLifetime * 1_000 })
      return token
    },
    findAccessToken: (token) => accessTokens.get(token)
  }
}
