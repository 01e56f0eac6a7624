import type { CredentialKind } from '../credentials/types.ts'
import type { LinkingPolicy } from '../linking/types.ts'
import type { EmailPolicy } from '../verification/types.ts'
import type { ManifestFacts } from './manifest.ts'

/**
 * How bad a finding is.
 *
 * - `error`: nobody can sign in, or somebody can sign in as somebody else.
 * - `warning`: it works, and not as it was meant, or not for long.
 */
export type Severity = 'error' | 'warning'

/** One thing that is wrong with a set-up. Holds no secret and no token. */
export interface Finding {
  /** Its name, a word that stays: under semantic versioning. */
  readonly id: FindingId
  readonly severity: Severity
  /** What was seen. */
  readonly seen: string
  /** What comes of it. */
  readonly why: string
  /** What to do. */
  readonly remedy: string
}

/** The names of all findings. */
export type FindingId =
  // The authority.
  | 'authority_unreachable' | 'authority_misbehaves' | 'tenant_unknown' | 'issuer_differs' | 'clock_wrong'
  // The registration.
  | 'client_unknown' | 'registration_single_tenant' | 'registration_personal_only' | 'registration_work_only'
  | 'redirect_url_unregistered' | 'redirect_url_differs' | 'platform_single_page' | 'authorization_refused'
  // The credentials.
  | 'secret_wrong' | 'credential_expired' | 'credential_expiring' | 'credential_refused' | 'credential_unusable'
  // What arrives.
  | 'email_missing' | 'xms_edov_missing' | 'claims_missing' | 'mapped_claims_arrive' | 'unverified_email_kept' | 'own_signing_keys' | 'token_refused'
  // The manifest.
  | 'manifest_of_another' | 'mapped_claims_accepted' | 'logout_url_differs' | 'implicit_grant_on' | 'redirect_url_wildcard'
  // The options, and where the server runs.
  | 'application_refused' | 'merge_unproven' | 'merge_on_sign_in_name' | 'trust_proxy_missing' | 'other_host'

/** Why something could not be asked: the refusal in the words of this library. */
export interface Failure {
  /** `provider_unavailable`, `provider_timeout` or `provider_error`. */
  readonly code: string
  readonly reason: string
}

/** What Microsoft answered, or why it did not. */
export type Asked<Answer> = { readonly answer: Answer, readonly failure: null } | { readonly answer: null, readonly failure: Failure }

/** What is known of one of Microsoft's numbers. */
export interface KnownNumber {
  readonly means: string
  readonly remedy: string
}

/** The answer to an authorization request of nobody in particular. */
export interface AuthorizationAnswer {
  /** The number behind `AADSTS`; `null` where there is none in it. */
  readonly aadsts: number | null
  readonly known: KnownNumber | null
  /** Whether it was sent to the redirect URL, as only a registered one is. */
  readonly isSentBack: boolean
}

/** What Microsoft says about an application to anybody who asks. */
export interface MicrosoftFacts {
  /** The issuer that the metadata document names. */
  readonly configuration: Asked<{ readonly issuer: string | null, readonly aadsts: number | null }>
  /** By how many milliseconds Microsoft's clock is ahead of this machine's; `null` where it did not say. */
  readonly clockAhead: number | null
  readonly authorization: Asked<AuthorizationAnswer>
  /** The same without PKCE, which only the platform *Single-page application* insists on. */
  readonly withoutPkce: Asked<AuthorizationAnswer>
  /** Another spelling of the redirect URL that is registered, where the one that is used is not; `null` for none that was tried. */
  readonly registeredVariant: string | null
}

/** A credential, and what Microsoft says about it. */
export interface CredentialFacts {
  readonly name: string
  readonly kind: CredentialKind
  /** Milliseconds since 1970; `null` where it is not known. */
  readonly expiresAt: number | null
  /** `unknown` where Microsoft did not get as far as looking at it, or was not asked. */
  readonly outcome: 'accepted' | 'refused' | 'unusable' | 'unknown'
  readonly aadsts: number | null
  /** What to do about a refused or unusable one; `null` where nothing is known. */
  readonly remedy: string | null
}

/** A token that has arrived, or that somebody has pasted. */
export interface TokenFacts {
  readonly claims: Readonly<Record<string, unknown>>
  /** Whether it is of a personal account. */
  readonly isPersonal: boolean
  /** Why the sign-in was refused that it came with; `null` where it was not, or nobody knows. */
  readonly refusal: { readonly code: string, readonly reason: string } | null
}

/** The options of an application, and where it runs. */
export interface ApplicationFacts {
  /** Scheme and host under which browsers reach it. */
  readonly origin: string
  readonly redirectUri: string
  readonly clientId: string
  readonly tenant: string
  /** Base of the authority. */
  readonly authority: string
  /** What the metadata document must name as the issuer; `null` where `tenant` is a domain, whose GUID is not known. */
  readonly issuer: string | null
  /** Whether people of many tenants may sign in. */
  readonly isMultiTenant: boolean
  /** `null` without the verification plugin. */
  readonly email: EmailPolicy | null
  /** `null` without the linking plugin. */
  readonly linking: LinkingPolicy | null
  /** What Microsoft calls when somebody signs out there; `null` without the sign-out plugin. */
  readonly frontChannelLogoutUrl: string | null
  /** Whether the server itself speaks TLS. */
  readonly endsTls: boolean
  /** Whether Fastify's option `trustProxy` is set; `null` where that cannot be told. */
  readonly trustsProxy: boolean | null
  /** The host of the request that asks, where there is one. */
  readonly requestHost: string | null
}

/** All that the checks look at. */
export interface Facts {
  /** Milliseconds since 1970. */
  readonly now: number
  readonly application: ApplicationFacts
  /** `null` where Microsoft was not asked. */
  readonly microsoft: MicrosoftFacts | null
  readonly credentials: readonly CredentialFacts[]
  /** `null` where none has arrived. */
  readonly token: TokenFacts | null
  /** `null` where none was given. */
  readonly manifest: ManifestFacts | null
}

/** One check: what it finds wrong, which is mostly nothing. Pure. */
export type Check = (facts: Facts) => readonly Finding[]
