import type { Environment } from '../core/environment.ts'
import type { Profile } from '../verification/types.ts'
import type { AddressOutcome, Decision } from './decide.ts'
import { refusalOf } from './refusal.ts'
import type { AccountTransaction } from './store.ts'
import { takeAddress } from './take-address.ts'
import { type Before, readBefore } from './undo-link.ts'
import type { Identifier, LinkedIdentity, LinkedUser, LinkingEvent, LinkingOutcome, LinkingRequest, User } from './types.ts'
import { newUserId } from './user-id.ts'

/** What a decision is written with. */
export interface Writing {
  readonly request: LinkingRequest
  readonly accounts: AccountTransaction
  readonly environment: Pick<Environment, 'now' | 'randomBytes'>
  /** Whether the proof of the address is there already, of an earlier sign-in: there is no new one to note. */
  readonly isNoted: boolean
}

/** What was written. */
export interface Written {
  readonly outcome: LinkingOutcome
  /** Whether the sessions that the user had are still to be ended. */
  readonly endSessions: boolean
  /** Of row A5: what there was before, so that it can be undone. */
  readonly before?: Before
}

const codeNeeded = Object.freeze({ row: 'C1' as const })

type Accepted<Action> = Extract<Decision, { action: Action }>

/**
 * Writes a decision down.
 *
 * @throws the refusal, where it is one; then nothing was written.
 */
export async function write (decision: Decision, writing: Writing): Promise<Written> {
  switch (decision.action) {
    case 'refuse': throw refusalOf(decision, writing.request.email)
    case 'ask_for_code': return { outcome: codeNeeded, endSessions: false }
    case 'keep': return { outcome: linkedUser(decision.row, decision.user, writing.request, []), endSessions: false }
    case 'sign_in': return await signIn(decision, writing)
    case 'attach': return await attach(decision, writing)
    case 'create': return await create(decision, writing)
  }
}

async function signIn ({ row, owner, address, endSessions }: Accepted<'sign_in'>, writing: Writing): Promise<Written> {
  const { request, accounts } = writing
  const { identity } = owner
  const user = await keepInStep(owner.user, identity.profile, writing)
  const shown = shownIdentity(user, writing, endSessions)
  // Until a merge is finished, the address that it was made on is kept: it may be cut off again.
  await accounts.updateIdentity({ ...shown, email: endSessions ? identity.email : shown.email, createdAt: identity.createdAt })
  // A merge that was cut off has told nobody yet.
  const merged = endSessions ? [mergedEvent(user, identity.email)] : []
  const changed = emailChanged(identity, request) ? [event('email_changed', user)] : []
  // The first proof of an identity is the one that stays, but for a code, which proves it anew.
  const isKept = owner.provedAddressItself && request.verifiedEmail?.kind !== 'mailbox_control'
  const settled = await settleAddress(address, user, { ...writing, isNoted: writing.isNoted || isKept })
  const events = [...merged, ...changed, ...settled.events]
  return { outcome: linkedUser(row, user, request, events), endSessions }
}

async function attach ({ row, user: before, address, endSessions }: Accepted<'attach'>, writing: Writing): Promise<Written> {
  const { request, accounts } = writing
  const known = row === 'A5' ? await readBefore(before, request, accounts) : null
  const user = await keepInStep(before, null, writing)
  const identity = shownIdentity(user, writing, endSessions)
  await accounts.insertIdentity(identity)
  // Who has signed in is awaited no longer.
  await accounts.deleteInvitations(user.id)
  const attached = row === 'D3' ? mergedEvent(user, request.email) : event('identity_linked', user)
  const { events, losers } = await settleAddress(address, user, writing)
  const outcome = linkedUser(row, user, request, [attached, ...events])
  return { outcome, endSessions, ...(known !== null && { before: { ...known, identity, renamed: user.displayName, losers } }) }
}

async function create ({ row, address }: Accepted<'create'>, writing: Writing): Promise<Written> {
  const { request, accounts, environment } = writing
  const id = newUserId(environment)
  const user: User = { id, displayName: request.profile.displayName, createdAt: environment.now(), disabledAt: null }
  await accounts.insertUser(user)
  await accounts.insertIdentity(shownIdentity(user, writing, false))
  const { events } = await settleAddress(address, user, writing)
  return { outcome: linkedUser(row, user, request, [event('user_created', user), ...events]), endSessions: false }
}

/** The identity as this sign-in shows it, so that later requests can show it, too. */
function shownIdentity (user: User, { request, environment }: Writing, endSessions: boolean): LinkedIdentity {
  const { identity, profile, email } = request
  const now = environment.now()
  return { ...identity, userId: user.id, profile, email, createdAt: now, lastSignInAt: endSessions ? null : now }
}

/** A name that came from Microsoft follows Microsoft's; one that the application gave stays. */
async function keepInStep (user: User, before: Profile | null, { request, accounts }: Writing): Promise<User> {
  const isMicrosofts = user.displayName === null || user.displayName === before?.displayName
  const displayName = isMicrosofts ? request.profile.displayName ?? user.displayName : user.displayName
  if (displayName === user.displayName) return user
  const renamed = { ...user, displayName }
  await accounts.updateUser(renamed)
  return renamed
}

/** What became of an address. */
interface Settled {
  readonly events: readonly LinkingEvent[]
  /** What others had of it, unverified, and lost. */
  readonly losers: readonly Identifier[]
}

async function settleAddress (outcome: AddressOutcome, user: User, writing: Writing): Promise<Settled> {
  if (outcome === 'none') return { events: [], losers: [] }
  if (outcome === 'held') return { events: [event('identifier_held', user)], losers: [] }
  const settled = outcome === 'add' ? await addIdentifier(user, writing) : { events: [], losers: [] }
  if (!writing.isNoted) await noteProof(user, writing)
  return settled
}

async function addIdentifier (user: User, { request, accounts, environment }: Writing): Promise<Settled> {
  const { address, canonical, kind } = request.verifiedEmail!
  const { tid, oid } = request.identity
  const provenance = { tid, oid, kind, at: environment.now() }
  const losers = await takeAddress({ userId: user.id, address, canonical, provenance }, accounts)
  const reclaimed = losers.map((loser): LinkingEvent => event('identifier_reclaimed', { id: loser.userId }))
  return { events: [event('identifier_added', user), ...reclaimed], losers }
}

async function noteProof (user: User, { request, accounts, environment }: Writing): Promise<void> {
  const { canonical, kind } = request.verifiedEmail!
  const { tid, oid } = request.identity
  await accounts.insertProof({ userId: user.id, canonical, tid, oid, kind, at: environment.now() })
}

function emailChanged ({ email: before }: LinkedIdentity, { email: now }: LinkingRequest): boolean {
  return before.canonical !== now.canonical || before.verified !== now.verified
}

function event (type: LinkingEvent['type'], { id }: Pick<User, 'id'>): LinkingEvent {
  return Object.freeze({ type, userId: id })
}

function mergedEvent ({ id }: User, email: LinkedIdentity['email']): LinkingEvent {
  return Object.freeze({ type: 'account_merged', userId: id, email })
}

function linkedUser (
  row: Decision['row'], user: User, { identity, email }: LinkingRequest, events: LinkingEvent[]
): LinkedUser {
  const isNew = events[0]?.type === 'user_created'
  return Object.freeze({
    user: Object.freeze({ ...user }), identity, email, isNew, row: row as LinkedUser['row'], events: Object.freeze(events)
  })
}
