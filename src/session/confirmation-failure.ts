import type { EntraError } from '../core/errors.ts'
import { saysGone } from './gone.ts'

/**
 * What a silent sign-in that failed says about the account of the session that waited for it.
 *
 * - `gone`: all its sessions end.
 * - `asks`: Microsoft would have to ask the person something; this session ends.
 * - `unknown`: Microsoft could not be asked.
 * - `changed`: the session that was to be confirmed is not that of the browser any more; nothing is said about the one that is.
 * - `silent`: it says nothing about the account, neither good nor bad.
 * - `refused`: the account may not sign in here; this session ends, and its person is told why.
 */
export type ConfirmationFailure = 'gone' | 'asks' | 'unknown' | 'changed' | 'silent' | 'refused'

const meanings: ReadonlyMap<string, ConfirmationFailure> = new Map([
  ['interaction_required', 'asks'],
  // Consent was taken back.
  ['access_denied', 'asks'],
  ['provider_unavailable', 'unknown'],
  ['provider_timeout', 'unknown'],
  ['provider_error', 'unknown'],
  ['session_mismatch', 'changed'],
  ['invalid_state', 'silent'],
  ['invalid_request', 'silent'],
  ['too_many_requests', 'silent'],
  ['store_unavailable', 'silent'],
  ['insecure_transport', 'silent'],
  ['server_error', 'silent']
])

/** Reads the refusal of a silent sign-in. What is not known to be harmless counts against the session. */
export function confirmationFailureOf ({ code, detail }: Pick<EntraError, 'code' | 'detail'>): ConfirmationFailure {
  // An answer that the browser brought can be made up: it ends the session of that browser, and no other one (OWASP ASVS 7.5.2).
  if (saysGone(detail.aadsts)) return detail.reason.startsWith('authorization_') ? 'asks' : 'gone'
  return meanings.get(code) ?? 'refused'
}
