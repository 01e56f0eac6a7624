import type { ErrorCode } from '../core/errors.ts'
import type { Holder, Knowledge, LinkingPolicy, LinkingRequest, LinkingRow, Owner, User } from './types.ts'

/**
 * What becomes of the verified address of a sign-in.
 *
 * - `add`: it becomes a verified identifier of the user.
 * - `confirm`: the user holds it already; that this identity proved it, too, is noted.
 * - `held`: another user holds it; nothing moves, and an event says so.
 * - `none`: nothing.
 */
export type AddressOutcome = 'add' | 'confirm' | 'held' | 'none'

/** What a sign-in leads to: a refusal, or what is to be written. */
export type Decision =
  | { readonly row: LinkingRow, readonly action: 'refuse', readonly code: ErrorCode, readonly userId?: string }
  | { readonly row: LinkingRow, readonly action: 'ask_for_code' }
  | { readonly row: LinkingRow, readonly action: 'keep', readonly user: User }
  | { readonly row: LinkingRow, readonly action: 'sign_in', readonly owner: Owner, readonly address: AddressOutcome, readonly endSessions: boolean }
  | { readonly row: LinkingRow, readonly action: 'attach', readonly user: User, readonly address: AddressOutcome, readonly endSessions: boolean }
  | { readonly row: LinkingRow, readonly action: 'create', readonly address: AddressOutcome }

interface Situation extends Knowledge {
  readonly policy: LinkingPolicy
  readonly request: LinkingRequest
  readonly verified: boolean
}

interface Row {
  readonly row: LinkingRow
  readonly when: (situation: Situation) => boolean
  readonly then: (situation: Situation) => Outcome
}

type Outcome = Decision extends infer Each ? Each extends Decision ? Omit<Each, 'row'> : never : never

const refuseWith = (code: ErrorCode) => (): Outcome => ({ action: 'refuse', code })
const createFresh = (): Outcome => ({ action: 'create', address: 'none' })

/** The linking table. First match wins. */
const table: readonly Row[] = [
  { row: 'A1', when: ({ request: { linker } }) => linker?.isSameSession === false, then: refuseWith('session_mismatch') },
  { row: 'A2', when: ({ request, linker }) => request.linker !== undefined && !isActive(linker), then: refuseWith('account_disabled') },
  { row: 'A3', when: ({ linker, owner }) => linker !== null && owner !== null && owner.user.id !== linker.id, then: refuseWith('identity_in_use') },
  { row: 'A4', when: ({ linker, owner }) => linker !== null && owner !== null, then: ({ linker }) => ({ action: 'keep', user: linker! }) },
  { row: 'A5', when: ({ linker }) => linker !== null, then: attachByHand },
  { row: 'B1', when: ({ owner }) => owner !== null && isDisabled(owner.user), then: ({ owner }) => ({ action: 'refuse', code: 'account_disabled', userId: owner!.user.id }) },
  { row: 'B2', when: ({ owner }) => owner !== null, then: signInOwner },
  { row: 'C1', when: ({ policy, request, verified }) => !verified && policy.verify_email && request.email.canonical !== null, then: () => ({ action: 'ask_for_code' }) },
  { row: 'C2', when: ({ policy, verified }) => !verified && policy.requireVerifiedEmail, then: refuseWith('unverified_email') },
  { row: 'C3', when: ({ policy, verified, unverifiedAddressIsHeld }) => !verified && unverifiedAddressIsHeld && policy.allow_email_account_merge, then: refuseWith('email_in_use') },
  { row: 'C4', when: ({ verified }) => !verified, then: createFresh },
  // From here on the address is verified.
  { row: 'D1', when: ({ holder }) => holder !== null && isDisabled(holder.user), then: refuseWith('account_disabled') },
  { row: 'D2', when: ({ holder, request }) => holder !== null && isKnownOtherwiseIn(request.identity, holder), then: refuseWith('email_in_use') },
  { row: 'D3', when: ({ holder, policy }) => holder !== null && policy.allow_email_account_merge, then: mergeIntoHolder },
  { row: 'D4', when: ({ holder, policy }) => holder !== null && policy.use_email_as_identifier, then: refuseWith('email_in_use') },
  { row: 'D5', when: ({ holder }) => holder !== null, then: createFresh },
  { row: 'E1', when: ({ invited }) => invited !== null, then: acceptInvitation },
  { row: 'E2', when: () => true, then: (situation) => ({ action: 'create', address: addIfIdentifier(situation) }) }
]

/**
 * Decides about a sign-in, by the linking table. Pure: reads nothing, changes nothing.
 *
 * @param knowledge - What the store knows, in the transaction that will write the outcome.
 */
export function decide (policy: LinkingPolicy, request: LinkingRequest, knowledge: Knowledge): Decision {
  const situation = { ...knowledge, policy, request, verified: request.verifiedEmail !== null }
  const { row, then } = table.find(({ when }) => when(situation))!
  const decision = { row, ...then(situation) }
  if (decision.action === 'create' && !policy.allowSignup) return { row: 'F', action: 'refuse', code: 'signup_disabled' }
  return decision
}

function attachByHand (situation: Situation): Outcome {
  return { action: 'attach', user: situation.linker!, address: addressOf(situation.linker!, situation), endSessions: false }
}

function signInOwner (situation: Situation): Outcome {
  const owner = situation.owner!
  return {
    action: 'sign_in',
    owner,
    address: addressOfOwner(owner, situation),
    // The sign-in that merged the identity was cut off before the sessions ended: it is finished now.
    endSessions: owner.identity.lastSignInAt === null
  }
}

/** Whoever gave an address up keeps it given up: only one that was never proven before is *newly* verified. */
function addressOfOwner (owner: Owner, situation: Situation): AddressOutcome {
  const address = addressOf(owner.user, situation)
  return address === 'add' && owner.provedAddress ? 'none' : address
}

function addressOf (user: User, situation: Situation): AddressOutcome {
  if (!situation.verified) return 'none'
  if (situation.holder !== null) return situation.holder.user.id === user.id ? 'confirm' : 'held'
  return addIfIdentifier(situation)
}

function mergeIntoHolder ({ holder, policy }: Situation): Outcome {
  return { action: 'attach', user: holder!.user, address: 'confirm', endSessions: policy.endSessionsOnMerge }
}

/** Somebody disabled is not let in by an invitation either. */
function acceptInvitation (situation: Situation): Outcome {
  const user = situation.invited!
  if (isDisabled(user)) return { action: 'refuse', code: 'account_disabled' }
  return { action: 'attach', user, address: addIfIdentifier(situation), endSessions: false }
}

function addIfIdentifier ({ policy }: Situation): AddressOutcome {
  return policy.use_email_as_identifier ? 'add' : 'none'
}

function isDisabled (user: User): boolean {
  return user.disabledAt !== null
}

function isActive (user: User | null): boolean {
  return user !== null && !isDisabled(user)
}

/** Whether the tenant vouched for the same address with another person: it gave the address to somebody else (abuse case E24). */
function isKnownOtherwiseIn ({ tid, oid }: LinkingRequest['identity'], { identities, provers }: Holder): boolean {
  return [...identities, ...provers].some((other) => other.tid === tid && other.oid !== oid)
}
