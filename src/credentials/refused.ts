import { isEntraError, refuse } from '../core/errors.ts'
import type { CredentialFailure } from './types.ts'

const makeSecret = 'make a new client secret in the Azure portal and put it in front of the list'
const upload = 'upload the certificate to the app registration, "Certificates & secrets"'
const federate = 'compare issuer, subject and audience of the token with the federated credential of the app registration, letter by letter; a new one takes some minutes to work'
const renew = 'make a new certificate and upload it to the app registration'

/**
 * The numbers that say that the client was not authenticated. Microsoft looks at nothing else then, so the
 * code or refresh token is as good as before, and may be sent with another credential. Any other refusal ends
 * the exchange: a code is never sent twice (abuse case D05).
 *
 * The first two are Microsoft's page "Microsoft Entra authentication and authorization error codes"; the ones about
 * certificates are those at which Microsoft's own Microsoft.Identity.Web tries the next certificate with the same code;
 * those about assertions and federated credentials are from answers that people have published.
 */
const remedies: ReadonlyMap<number, string> = new Map([
  [7000215, 'the secret is wrong: copy the column "Value" of the Azure portal, not the "Secret ID"'],
  [7000222, `the secret has expired: ${makeSecret}`],
  [700027, `Microsoft does not know the certificate or the signature does not fit: ${upload}`],
  [700024, 'the assertion or token is not valid at this time: check the clock of this machine, and that a token is fresh'],
  [700021, 'the assertion is for another application: check option "clientId"'],
  [700023, 'the assertion is for another tenant or cloud: check options "tenant" and "authority"'],
  [7000214, `the certificate was revoked: ${renew}`],
  [7000277, `the certificate was revoked: ${renew}`],
  [7000274, `the certificate has expired or is not valid yet: ${renew}`],
  [1000502, `the certificate has expired or is not valid yet: ${renew}`],
  [70021, `no federated credential fits the token: ${federate}`],
  [700211, `no federated credential has the issuer of the token: ${federate}`],
  [700212, `no federated credential has the audience of the token: ${federate}`],
  [700213, `no federated credential has the subject of the token: ${federate}`],
  [7002137, `no federated credential has the subject of the token: ${federate}`],
  [7002138, `no federated credential has the subject of the token, by its letter case: ${federate}`]
])

const unusable = {
  federated_threw: 'the function of the federated credential failed: look at what it asks',
  federated_timeout: 'the function of the federated credential took too long: it has five seconds',
  federated_no_token: 'the function of the federated credential gave no JWT',
  token_file_missing: 'the token file is not there: check its path, and that the workload identity is mounted',
  token_file_unreadable: 'the token file cannot be read: it must be a regular file that this process may read',
  token_file_too_large: 'the token file is larger than 16 KiB, so it holds no token',
  token_file_timeout: 'the token file could not be read in five seconds',
  token_file_no_token: 'the token file holds no JWT'
} as const

/** Why a credential gave nothing to send. */
export type UnusableReason = keyof typeof unusable

/** The refusal of a credential that gave nothing to send. It has no cause: that may hold anything. */
export function unusableCredential (reason: UnusableReason): Error {
  return refuse('provider_error', { reason, remedy: unusable[reason] })
}

/** What to do about a number that says that the client was not authenticated; `null` for any other number. */
export function credentialRemedy (aadsts: number): string | null {
  return remedies.get(aadsts) ?? null
}

/** What a failed exchange says about the credential; `null` where it says nothing, and so must not be tried with another one. */
export function failureOf (error: unknown): CredentialFailure | null {
  if (!isEntraError(error)) return null
  const { reason, aadsts, correlationId } = error.detail
  const remedy = Object.hasOwn(unusable, reason) ? unusable[reason as UnusableReason] : remedies.get(aadsts ?? 0)
  return remedy === undefined ? null : { reason, aadsts, correlationId, remedy }
}
