import type { ErrorDetail } from '../core/errors.ts'
import { administratorErrors } from './aadsts/administrator.ts'
import { developerErrors } from './aadsts/developer.ts'
import { personErrors } from './aadsts/person.ts'
import type { MicrosoftError } from './aadsts/types.ts'

export type { MicrosoftError } from './aadsts/types.ts'

/**
 * The numbers that people meet, in our own words, lowest first. Checked against Microsoft's page 'Microsoft Entra
 * authentication and authorization error codes'; those that it does not list (50148, 500112, 500113, 530003, 700024,
 * 700051, 9002325, 9002326, 9002327, 9002331) against answers that people have published. That page says that numbers
 * change: an unknown one is no fault, and nothing that decides about access hangs on one.
 */
export const microsoftErrors: readonly MicrosoftError[] = Object.freeze(
  [...personErrors, ...administratorErrors, ...developerErrors].sort((a, b) => a.number - b.number)
)

const byNumber = new Map(microsoftErrors.map((entry) => [entry.number, entry]))

/** What is known about one of Microsoft's numbers; `undefined` where it is not listed. */
export function microsoftErrorOf (aadsts: number | undefined): MicrosoftError | undefined {
  return byNumber.get(aadsts ?? 0)
}

/** What a refusal tells the log about a number, and the error page. */
export function detailOf (aadsts: number | undefined): Pick<ErrorDetail, 'aadsts' | 'actor' | 'help' | 'remedy'> {
  const known = microsoftErrorOf(aadsts)
  return { aadsts, actor: known?.actor, help: known?.help, remedy: known?.remedy }
}
