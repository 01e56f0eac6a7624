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

/** An identity of a user, with what its last sign-in showed. */
export interface LinkedIdentity extends Identity {
  readonly userId: string
  readonly profile: Profile
  readonly email: ScoredEmail
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /**
   * Milliseconds since 1970; `null` while the sign-in that merged it is not
   * finished: the sessions that the user had are still to be ended.
   */
  readonly lastSignInAt: number | null
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

/**
 * Notes that an identity once proved an address of a user. Kept until the
 * address is released, even where the user gave it up or the identity is
 * gone: so a mailbox that a company gave to somebody else is noticed (abuse case E24).
 */
export interface Proof {
  readonly userId: string
  readonly canonical: string
  readonly tid: string
  readonly oid: string
  readonly kind: EvidenceKind
  /** Milliseconds since 1970. */
  readonly at: number
}

/** An address under which a user is awaited who has never signed in. */
export interface Invitation {
  readonly userId: string
  /** As it was given. */
  readonly address: string
  readonly canonical: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

/** What the operator has chosen. The names are those of the described system. */
export interface LinkingPolicy {
  readonly use_email_as_identifier: boolean
  readonly allow_email_account_merge: boolean
  readonly verify_email: boolean
  readonly requireVerifiedEmail: boolean
  readonly allowSignup: boolean
  readonly endSessionsOnMerge: boolean
}

/** The user who has the identity of a sign-in. */
export interface Owner {
  readonly user: User
  /** The identity as its last sign-in left it. */
  readonly identity: LinkedIdentity
  /** Whether the verified address was proven for this user before, so that it is not *newly* verified. */
  readonly provedAddress: boolean
  /** Whether this very identity proved it. */
  readonly provedAddressItself: boolean
}

/** The user who has an address as a verified identifier, and what decides about it: looked up only where D2 needs it, for an identity that is nobody's. */
export interface Holder {
  readonly user: User
  /** Identities it has. */
  readonly identities: ReadonlyArray<Pick<Identity, 'tid' | 'oid'>>
  /** Identities that ever proved the address. */
  readonly provers: ReadonlyArray<Pick<Identity, 'tid' | 'oid'>>
}

/** What the store knows about a sign-in: all that the decision reads. */
export interface Knowledge {
  /** The user who links; `null` where nobody does, or who started it is gone. */
  readonly linker: User | null
  /** The user who has this identity. */
  readonly owner: Owner | null
  /** The holder of the verified address; `null` where there is no verified address or nobody has it. */
  readonly holder: Holder | null
  /** Whether somebody holds the unverified address: looked up only where C3 needs it. */
  readonly unverifiedAddressIsHeld: boolean
  /** Who was invited under the verified address and has never signed in: looked up only where E1 needs it. */
  readonly invited: User | null
}

/** Who started a sign-in to link an identity by hand. */
export interface Linker {
  readonly userId: string
  /** Whether the session that the browser has now is the one that started it. */
  readonly isSameSession: boolean
}

/** What a sign-in asks to be linked: the part of a verified token that linking reads. */
export interface LinkingRequest {
  /** Who links by hand; none for a sign-in. */
  readonly linker?: Linker | undefined
  readonly identity: Identity
  readonly profile: Profile
  readonly email: ScoredEmail
  readonly verifiedEmail: VerifiedEmail | null
}

/** The row of the linking table that matched. */
export type LinkingRow =
  | 'A1' | 'A2' | 'A3' | 'A4' | 'A5' | 'B1' | 'B2' | 'C1' | 'C2' | 'C3' | 'C4' | 'D1' | 'D2' | 'D3' | 'D4' | 'D5' | 'E1' | 'E2' | 'F'

/** The end of the third step: who it is that signed in, or that a one-time code must prove the address first. */
export type LinkingOutcome = LinkedUser | CodeNeeded

/** Row C1: nothing was written, and nothing will be until the address is proven. */
export interface CodeNeeded {
  readonly row: 'C1'
}

/** Who it is that signed in, or that an identity was linked to. */
export interface LinkedUser {
  readonly user: User
  readonly identity: Identity
  readonly email: ScoredEmail
  /** Whether the user was made by this sign-in. */
  readonly isNew: boolean
  readonly row: Exclude<LinkingRow, 'C1'>
  /** What else happened, in order. */
  readonly events: readonly LinkingEvent[]
}

/**
 * Something that a sign-in changed, or left alone on purpose.
 *
 * - `user_created`: this sign-in made the user.
 * - `identity_linked`: the identity was attached to a user who was there before, by hand or by invitation.
 * - `account_merged`: the identity was attached to the holder of its address; tell the holder.
 * - `email_changed`: Microsoft says something else about the address than at the last sign-in: another one, or no
 *   longer (or only now) verified. The user's identifiers stay as they are (abuse cases E23, E29).
 * - `identifier_added`: the address became a verified identifier of the user.
 * - `identifier_held`: the address is verified, and another user holds it; nothing was moved.
 * - `identifier_reclaimed`: the user named here had the address unverified, and lost it to who proved it.
 */
export interface LinkingEvent {
  readonly type:
    | 'user_created' | 'identity_linked' | 'account_merged' | 'email_changed'
    | 'identifier_added' | 'identifier_held' | 'identifier_reclaimed'
  readonly userId: string
  /** Of `account_merged`: the address that was merged on, with its evidence. The sign-in that finishes a merge may show another one. */
  readonly email?: ScoredEmail
}
