import { maySignIn } from './directory.ts'
import { Fault } from './errors.ts'
import type { IssuedCode, IssuedRefreshToken } from './grants.ts'
import { type Parameters, requireParameter } from './parameters.ts'
import { checkVerifier } from './pkce.ts'
import type { Simulation } from './simulation.ts'
import type { Application, TenantReference } from './types.ts'

/** Who redeems something at the token endpoint, where and when. */
export interface Redemption {
  readonly application: Application
  readonly tenant: TenantReference
  readonly parameters: Parameters
  readonly origin: string | undefined
  /** Milliseconds since 1970. */
  readonly now: number
}

type CodeCheck = (code: IssuedCode, redemption: Redemption) => void

/** What must hold for a code (RFC 6749 section 4.1.3, RFC 7636 section 4.6), in order. */
const codeChecks: readonly CodeCheck[] = [
  isOfThisClient, isNotRedeemed, isNotExpired, isOfThisTenant, isForThisRedirectUri, isOfThisPlatform, hasVerifier
]

/**
 * Takes a code, once. Between the checks and the mark nothing else runs, so
 * of twenty requests at a time one gets it.
 *
 * @throws Fault
 */
export function redeemCode (simulation: Simulation, redemption: Redemption): IssuedCode {
  const { parameters } = redemption
  const code = simulation.grants.findCode(requireParameter(parameters, 'code'))
  requireParameter(parameters, 'redirect_uri')
  if (code === undefined) throw new Fault(9002313)
  for (const check of codeChecks) check(code, redemption)
  code.redeemed = true
  return code
}

function isOfThisClient (code: Pick<IssuedCode, 'grant'>, { application }: Redemption): void {
  if (code.grant.clientId !== application.clientId) throw new Fault(70000)
}

function isNotRedeemed (code: IssuedCode): void {
  if (code.redeemed) throw new Fault(54005)
}

function isNotExpired (code: IssuedCode, { now }: Redemption): void {
  if (code.expiresAt <= now) throw new Fault(70008)
}

function isOfThisTenant (code: IssuedCode, { tenant }: Redemption): void {
  if (code.grant.tenant !== tenant.name) throw new Fault(700005)
}

function isForThisRedirectUri (code: IssuedCode, { parameters }: Redemption): void {
  if (code.grant.redirectUri !== parameters.get('redirect_uri')) throw new Fault(500112)
}

/** A server has no origin; a page in a browser always has one. */
function isOfThisPlatform (_code: IssuedCode, { application, origin }: Redemption): void {
  if (application.platform === 'web' && origin !== undefined) throw new Fault(9002326)
  if (application.platform === 'spa' && origin === undefined) throw new Fault(9002327)
}

function hasVerifier (code: IssuedCode, { parameters }: Redemption): void {
  checkVerifier(code.grant.challenge, parameters.get('code_verifier'))
}

/**
 * Takes a refresh token. It stays valid, and the answer holds a new one:
 * that is how Microsoft rotates them.
 *
 * @throws Fault
 */
export function useRefreshToken (simulation: Simulation, redemption: Redemption): IssuedRefreshToken {
  const token = simulation.grants.findRefreshToken(requireParameter(redemption.parameters, 'refresh_token'))
  if (token === undefined) throw new Fault(9002313)
  isOfThisClient(token, redemption)
  if (token.expiresAt <= redemption.now) throw new Fault(700082)
  if (token.generation !== simulation.standings.generationOf(token.grant.account)) throw new Fault(50173)
  const account = simulation.directory.findAccount(token.grant.account)!
  simulation.standings.requireUninterrupted(account.key)
  if (!maySignIn(account, redemption.tenant, redemption.application)) throw new Fault(50020)
  return token
}
