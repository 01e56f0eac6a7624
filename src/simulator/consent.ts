import { Fault } from './errors.ts'
import type { Simulation } from './simulation.ts'
import type { Account, Application } from './types.ts'

/**
 * Makes sure that whoever signs in may consent, or that an administrator has for the whole tenant. An administrator
 * may consent there and then, as at Microsoft.
 *
 * @throws Fault 90094
 */
export function requireConsent (
  { directory, grants }: Pick<Simulation, 'directory' | 'grants'>, { clientId }: Application, { tid, isAdministrator }: Account
): void {
  if (isAdministrator !== true && !directory.mayConsent(tid) && !grants.isAllowed(tid, clientId)) throw new Fault(90094)
}
