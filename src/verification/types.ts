/** An account at Microsoft. (`tid`, `oid`) is its key, nothing else is. */
export interface Identity {
  /** Tenant, a lower-case GUID. */
  readonly tid: string
  /** Object in that tenant, a lower-case GUID. */
  readonly oid: string
  /** Subject: the same person at another application has another one. */
  readonly sub: string
  readonly iss: string
  /** Base of the authority that vouched, such as `https://login.microsoftonline.com`. */
  readonly authority: string
}

/** The claim that an address came from. */
export type EmailSource = 'email' | 'upn'

/** What can speak for or against an address, strongest first. */
export type EvidenceKind =
  | 'mailbox_control' | 'tenant_domain' | 'domain_owner_verified' | 'verified_email_claim'
  | 'upn' | 'asserted' | 'denied' | 'none'

/** One reason for a score. */
export interface Evidence {
  readonly kind: EvidenceKind
  /** 0 to 100. */
  readonly score: number
  /** For people: what was seen and what follows from it. Holds no e-mail address. */
  readonly sentence: string
}

/** The address of a sign-in, and how far it can be trusted. */
export interface ScoredEmail {
  /** As Microsoft gave it; `null` where there is none that can be used. */
  readonly address: string | null
  /** The one spelling by which addresses are compared; `null` with the address. */
  readonly canonical: string | null
  readonly source: EmailSource | null
  /** 0 to 100: the score of the best evidence. */
  readonly score: number
  /** Whether the score reaches the threshold. */
  readonly verified: boolean
  /** Strongest first, never empty. */
  readonly evidence: readonly Evidence[]
}

/** What decides about an address, chosen by the operator. */
export interface EmailPolicy {
  /** Score from which on an address is verified: an integer from 50 to 100. */
  readonly threshold: number
  /** Where an address is taken from, in order; at least one. */
  readonly emailSources: readonly EmailSource[]
  /** Whether only the boolean counts as a true `xms_edov`. */
  readonly strictEdov: boolean
  /** Domains that the operator has bound to a tenant: lower-case A-labels, by lower-case `tid`. */
  readonly tenantDomains: Readonly<Record<string, readonly string[]>>
}

/** The address that a person has proven to read, by a one-time code for this identity. */
export interface MailboxControl {
  /** In its canonical form. */
  readonly canonical: string
}

declare const verified: unique symbol

/**
 * An address whose score reached the threshold. Only the verification makes
 * one, so an unproven address cannot be passed where a proven one is wanted.
 */
export interface VerifiedEmail {
  readonly [verified]: true
  readonly address: string
  readonly canonical: string
  readonly score: number
  /** The evidence that carried it over the threshold. */
  readonly kind: EvidenceKind
}

/** What the profile claims say. For display only: a tenant sets them at will. */
export interface Profile {
  readonly displayName: string | null
  readonly givenName: string | null
  readonly familyName: string | null
  /** The name of the account, for people to tell theirs apart; `null` also where Microsoft has made one up for a guest. */
  readonly preferredUsername: string | null
}

/** The groups of a person, as the token tells them. */
export interface Groups {
  /** Object ids or names, as the registration asks for them; each once. Empty where there are too many to be sent. */
  readonly ids: readonly string[]
  /** Whether the person is in more groups than a token holds, so that `ids` says nothing. */
  readonly overage: boolean
}

/** The session that the person has at Microsoft, as the token tells it. Each is an optional claim: `null` where it was not asked for. */
export interface MicrosoftSession {
  /** Names the session: what a front-channel logout comes with (`sid`). */
  readonly sid: string | null
  /** Tells Microsoft who it is that signs in or out, without asking (`login_hint`). Opaque. */
  readonly loginHint: string | null
  /** When the person showed who they are at Microsoft, in milliseconds since 1970 (`auth_time`). */
  readonly authenticatedAt: number | null
}

/** The end of the second step: an ID token that holds, and what follows from it. */
export interface VerifiedToken {
  readonly identity: Identity
  readonly profile: Profile
  readonly email: ScoredEmail
  /** The same address where it is verified, else `null`. */
  readonly verifiedEmail: VerifiedEmail | null
  /** App roles that the tenant gave the person, and may give. Each customer's administrator gives them: see option `tenantRoles`. */
  readonly roles: readonly string[]
  readonly groups: Groups
  readonly session: MicrosoftSession
  /** All claims, own properties only, frozen. */
  readonly claims: Readonly<Record<string, unknown>>
}
