/** A client secret. */
export interface SecretCredential {
  /** Its value, the column "Value" of the Azure portal. */
  secret: string
  /** When it ends: a `Date`, or a date as in `2027-05-31` or `2027-05-31T12:00:00Z` (ISO 8601). Default: unknown, so nothing warns ahead. */
  expiresAt?: string | Date | undefined
  /** What the log calls it. Default: `secret 1` … */
  name?: string | undefined
}

/** A certificate of the application's own, and the key that belongs to it. When it ends stands in the certificate. */
export interface CertificateCredential {
  /** The certificate in PEM, the text itself. */
  certificate: string
  /** Its RSA key in PEM, the text itself; 2048 bits at least. */
  privateKey: string
  /** What the key is encrypted with. Default: it is not. */
  passphrase?: string | undefined
  /** What the log calls it. Default: `certificate` and the first eight digits of its SHA-1 thumbprint. */
  name?: string | undefined
}

/** A token of somebody whom the app registration trusts (workload identity federation), from a function. */
export interface FederatedCredential {
  /** Gives the token, a JWT. Asked at each token request, so it caches by itself; it has five seconds. */
  federated: () => string | Promise<string>
  /** What the log calls it. Default: `federated 1` … */
  name?: string | undefined
}

/** The same token, from a file that somebody else keeps fresh. */
export interface TokenFileCredential {
  /** Path of the file, such as what `AZURE_FEDERATED_TOKEN_FILE` says. Read at each token request. */
  tokenFile: string
  /** What the log calls it. Default: `token file 1` … */
  name?: string | undefined
}

/** How the application shows Microsoft that it is itself. */
export type Credential = SecretCredential | CertificateCredential | FederatedCredential | TokenFileCredential

export type CredentialKind = 'secret' | 'certificate' | 'federated' | 'tokenFile'

/** What a client sends to authenticate, beside its id: `client_secret`, or an assertion (RFC 7521 section 4.2). */
export type ClientAuthentication = Readonly<Record<string, string>>

/** A credential that was checked. What is secret about it is in the closure of `authenticate`, so that nothing prints it (abuse case X04). */
export interface ClientCredential {
  readonly name: string
  readonly kind: CredentialKind
  /** From when on it is good, in milliseconds since 1970; `null` where that is not known. */
  readonly notBefore: number | null
  /** When it ends, in milliseconds since 1970; `null` where that is not known. */
  readonly expiresAt: number | null
  /** @throws provider_error where the credential itself gives nothing to send. */
  readonly authenticate: () => Promise<ClientAuthentication>
}

/**
 * How a credential does.
 *
 * - `failing`: it was refused the last time that it was tried.
 * - `expired`, `not_yet_valid`: by the date that is known of it.
 * - `expiring`: it ends within 60 days.
 */
export type CredentialState = 'ok' | 'expiring' | 'expired' | 'not_yet_valid' | 'failing'

/** A credential as `app.microsoft.credentials()` shows it. */
export interface CredentialSummary {
  readonly name: string
  readonly kind: CredentialKind
  readonly state: CredentialState
  /** Milliseconds since 1970; `null` where it is not known. */
  readonly expiresAt: number | null
  /** Whole days that are left, negative afterwards; `null` where it is not known. */
  readonly daysLeft: number | null
  /** When Microsoft last gave tokens for it, in milliseconds since 1970; `null` for not since the start. */
  readonly lastUsedAt: number | null
  /** When it was last refused, in milliseconds since 1970; `null` for not since the start. */
  readonly lastFailedAt: number | null
}

/** Why a credential did not do. */
export interface CredentialFailure {
  /** A short word, as `token_invalid_client`. */
  readonly reason: string
  /** Microsoft's number, where it was Microsoft that refused. */
  readonly aadsts?: number | undefined
  /** Microsoft's correlation id, a GUID. */
  readonly correlationId?: string | undefined
  /** What whoever runs the application can do about it. */
  readonly remedy: string
}
