import type { EvidenceKind, Identity, Profile, ScoredEmail, VerifiedEmail } from '../verification/types.ts'

/** A person at this application. */
export interface User {
  /** A UUID, never used again. */
  readonly id: string
  readonly displayName: string | null
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** When it was disabled, in milliseconds since 1970; `null` while it is not. */
  readonly disabledAt: number | null
}

/** An e-mail address of a user. */
export interface Identifier {
  readonly userId: string
  /** As it was given. */
  readonly address: string
  readonly canonical: string
  /** At most one user has an address verified: its *holder*. */
  readonly verified: boolean
  /** What proved it; `null` while it is not verified. */
  readonly provenance: Provenance | null
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

/** Which identity proved an address, by what and when. */
export interface Provenance {
  /** The identity; `null` where the application vouched for it through `accounts`. */
  readonly tid: string | null
  readonly oid: string | null
  readonly kind: EvidenceKind | 'application'
  /** Milliseconds since 1970. */
  readonly at: number
}

/** What the operator has chosen. The names are those of the described system. */
export interface LinkingPolicy {
  readonly use_email_as_identifier: boolean
  readonly allow_email_account_merge: boolean
  readonly requireVerifiedEmail: boolean
  readonly allowSignup: boolean
  readonly endSessionsOnMerge: boolean
}

/** The user who has an address as a verified identifier, and what decides about it. */
export interface Holder {
  readonly userId: string
  readonly disabled: boolean
  /** Identities it has, and those that ever proved the address. */
  readonly identities: ReadonlyArray<{ readonly tid: string, readonly oid: string }>
  readonly provers: ReadonlyArray<{ readonly tid: string, readonly oid: string }>
}

/** What the store knows about a sign-in: all that the decision reads. */
export interface Knowledge {
  /** The user who has this identity. */
  readonly owner: { readonly userId: string, readonly disabled: boolean } | null
  /** The holder of the verified address; `null` where there is no verified address or nobody has it. */
  readonly holder: Holder | null
  /** Whether somebody holds the unverified address: looked up only where C3 needs it. */
  readonly unverifiedAddressIsHeld: boolean
  /** Who was invited under the verified address and has never signed in. */
  readonly invited: { readonly userId: string, readonly disabled: boolean } | null
}

/** What a sign-in asks to be linked. */
export interface LinkingRequest {
  readonly identity: Identity
  readonly profile: Profile
  readonly email: ScoredEmail
  readonly verifiedEmail: VerifiedEmail | null
}

/** The row of the linking table that matched. A and C1 have their place, and come with linking by hand and codes. */
export type LinkingRow =
  | 'B1' | 'B2' | 'C2' | 'C3' | 'C4' | 'D1' | 'D2' | 'D3' | 'D4' | 'D5' | 'E1' | 'E2' | 'F'

/** The end of the third step: who it is that signed in. */
export interface LinkedUser {
  readonly user: User
  readonly identity: Identity
  readonly email: ScoredEmail
  /** Whether the user was made by this sign-in. */
  readonly isNew: boolean
  readonly row: LinkingRow
  /** What else happened, in order. */
  readonly events: readonly LinkingEvent[]
}

/** Something that a sign-in changed, or left alone on purpose. */
export interface LinkingEvent {
  readonly type:
    | 'user_created' | 'identity_linked' | 'identifier_added' | 'identifier_held'
    | 'identifier_reclaimed' | 'account_merged'
  readonly userId: string
}
