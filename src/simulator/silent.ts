import { normalScope } from '../core/scopes.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { maySignIn } from './directory.ts'
import { Fault } from './errors.ts'
import { isNamedBy } from './picker.ts'
import type { Simulation } from './simulation.ts'
import type { SignedIn } from './sso.ts'
import type { Account } from './types.ts'

/**
 * The account that is signed in without a question under `prompt=none`
 * (OpenID Connect Core section 3.1.2.1): the only one that is signed in at this
 * browser and may use the application, or the one that the hint names.
 *
 * @throws Fault 50058 where there is none, 16000 where there are several, 50057 where it is disabled, 65001 where it has to be asked for consent.
 */
export function silentAccount (simulation: Simulation, asked: AuthorizationRequest, signedIn: readonly SignedIn[]): Account {
  const possible = possibleAccounts(simulation, asked, signedIn)
  const meant = asked.loginHint === undefined ? possible : possible.filter((account) => isNamedBy(account, asked.loginHint!))
  const [account, other] = meant
  if (account === undefined) throw new Fault(50058)
  if (other !== undefined) throw new Fault(16000)
  if (simulation.standings.isDisabled(account.key)) throw new Fault(50057)
  if (account.refusesConsent || !hasConsented(simulation, asked, account)) throw new Fault(65001)
  if (!isRecent(simulation, asked, signedIn.find(({ account: key }) => key === account.key)!)) throw new Fault(50058)
  return account
}

/**
 * The account that is signed in without a question although nothing was said
 * about that: Microsoft does so for the only one that is signed in; here the
 * application has to name it by a hint, since in development people try one account after the other.
 */
export function hintedAccount (simulation: Simulation, asked: AuthorizationRequest, signedIn: readonly SignedIn[]): Account | null {
  const { prompt, loginHint } = asked
  if (prompt !== undefined || loginHint === undefined || asked.maxAge !== undefined) return null
  const isMeant = (account: Account): boolean => isNamedBy(account, loginHint) && !account.refusesConsent && hasConsented(simulation, asked, account) && !simulation.standings.isDisabled(account.key)
  return possibleAccounts(simulation, asked, signedIn).find(isMeant) ?? null
}

function possibleAccounts ({ directory }: Simulation, { tenant, application }: AuthorizationRequest, signedIn: readonly SignedIn[]): Account[] {
  return signedIn.map(({ account }) => directory.findAccount(account)!).filter((account) => maySignIn(account, tenant, application))
}

/** Whoever has signed in to the application before has agreed to what it asked for then, and to nothing else. */
function hasConsented ({ standings }: Simulation, { application, scopes }: AuthorizationRequest, { key }: Account): boolean {
  const consented = standings.consentedTo(application.clientId, key)
  return scopes.every((scope) => consented.has(normalScope(scope)))
}

function isRecent ({ environment }: Simulation, { maxAge }: AuthorizationRequest, { since }: SignedIn): boolean {
  return maxAge === undefined || environment.now() - since <= maxAge * 1_000
}
