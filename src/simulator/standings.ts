import { normalScope } from '../core/scopes.ts'
import { Fault, type FaultNumber } from './errors.ts'

/** What stands between an account and its tokens, and what its person has agreed to. */
export interface Standings {
  isDisabled: (account: string) => boolean
  /** Disables an account, or enables it again. */
  setDisabled: (account: string, disabled: boolean) => void
  /** Ends all that was given out so far: refresh tokens of before are worth nothing (AADSTS50173). */
  revoke: (account: string) => void
  /** Has the next refreshes refused with this number, until the person signs in. */
  interrupt: (account: string, number: FaultNumber) => void
  /** Counts revocations: a refresh token is good while this is what it was. */
  generationOf: (account: string) => number
  /** Notes that a person has signed in to an application, and agreed to scopes. */
  consent: (clientId: string, account: string, scopes: readonly string[]) => void
  /** What a person has agreed to, as `normalScope` spells it. */
  consentedTo: (clientId: string, account: string) => ReadonlySet<string>
  /** @throws Fault 50057 */
  requireEnabled: (account: string) => void
  /** @throws Fault, where an account is to be interrupted. */
  requireUninterrupted: (account: string) => void
}

/** Nothing stands in anybody's way, and nobody has agreed to anything. */
export function createStandings (): Standings {
  const disabled = new Set<string>()
  const revocations = new Map<string, number>()
  const interruptions = new Map<string, FaultNumber>()
  const consents = new Map<string, Set<string>>()
  const generationOf = (account: string): number => revocations.get(account) ?? 0
  const consentedTo = (clientId: string, account: string): Set<string> => consents.get(`${clientId} ${account}`) ?? new Set()
  return {
    generationOf,
    consentedTo,
    isDisabled: (account) => disabled.has(account),
    setDisabled: (account, isDisabled) => { isDisabled ? disabled.add(account) : disabled.delete(account) },
    revoke: (account) => { revocations.set(account, generationOf(account) + 1) },
    interrupt: (account, number) => { interruptions.set(account, number) },
    consent: (clientId, account, scopes) => {
      interruptions.delete(account)
      consents.set(`${clientId} ${account}`, new Set([...consentedTo(clientId, account), ...scopes.map(normalScope)]))
    },
    requireEnabled: (account) => { if (disabled.has(account)) throw new Fault(50057) },
    requireUninterrupted: (account) => {
      const number = interruptions.get(account)
      if (number !== undefined) throw new Fault(number)
    }
  }
}
