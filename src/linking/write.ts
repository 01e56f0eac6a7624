import type { Environment } from '../core/environment.ts'
import { refuse } from '../core/errors.ts'
import type { Profile } from '../verification/types.ts'
import type { AddressOutcome, Decision } from './decide.ts'
import type { AccountTransaction } from './store.ts'
import { takeAddress } from './take-address.ts'
import type { LinkedIdentity, LinkedUser, LinkingEvent, LinkingOutcome, LinkingRequest, User } from './types.ts'
import { newUserId } from './user-id.ts'

/** What a decision is written with. */
export interface Writing {
  readonly request: LinkingRequest
  readonly accounts: AccountTransaction
  readonly environment: Pick<Environment, 'now' | 'randomBytes'>
}

/** What was written. */
export interface Written {
  readonly outcome: LinkingOutcome
  /** Whether the sessions that the user had are still to be ended. */
  readonly endSessions: boolean
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
    case 'refuse': throw refuse(decision.code, { reason: `linking_${decision.row}`, row: decision.row, userId: decision.userId })
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
  await accounts.updateIdentity({ ...shownIdentity(user, writing, endSessions), createdAt: identity.createdAt })
  // A merge that was cut off has told nobody yet.
  const merged = endSessions ? [event('account_merged', user)] : []
  const changed = emailChanged(identity, request) ? [event('email_changed', user)] : []
  const events = [...merged, ...changed, ...await settleAddress(address, user, writing)]
  return { outcome: linkedUser(row, user, request, events), endSessions }
}

async function attach ({ row, user: before, address, endSessions }: Accepted<'attach'>, writing: Writing): Promise<Written> {
  const { request, accounts } = writing
  const user = await keepInStep(before, null, writing)
  await accounts.insertIdentity(shownIdentity(user, writing, endSessions))
  // Who has signed in is awaited no longer.
  await accounts.deleteInvitations(user.id)
  const attached = event(row === 'D3' ? 'account_merged' : 'identity_linked', user)
  const events = [attached, ...await settleAddress(address, user, writing)]
  return { outcome: linkedUser(row, user, request, events), endSessions }
}

async function create ({ row, address }: Accepted<'create'>, writing: Writing): Promise<Written> {
  const { request, accounts, environment } = writing
  const id = newUserId(environment)
  const user: User = { id, displayName: request.profile.displayName, createdAt: environment.now(), disabledAt: null }
  await accounts.insertUser(user)
  await accounts.insertIdentity(shownIdentity(user, writing, false))
  const events = [event('user_created', user), ...await settleAddress(address, user, writing)]
  return { outcome: linkedUser(row, user, request, events), endSessions: false }
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

async function settleAddress (outcome: AddressOutcome, user: User, writing: Writing): Promise<LinkingEvent[]> {
  if (outcome === 'none') return []
  if (outcome === 'held') return [event('identifier_held', user)]
  const events = outcome === 'add' ? await addIdentifier(user, writing) : []
  await noteProof(user, writing)
  return events
}

async function addIdentifier (user: User, { request, accounts, environment }: Writing): Promise<LinkingEvent[]> {
  const { address, canonical, kind } = request.verifiedEmail!
  const { tid, oid } = request.identity
  const provenance = { tid, oid, kind, at: environment.now() }
  const losers = await takeAddress({ userId: user.id, address, canonical, provenance }, accounts)
  const reclaimed = losers.map((id): LinkingEvent => event('identifier_reclaimed', { id }))
  return [event('identifier_added', user), ...reclaimed]
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

function linkedUser (
  row: Decision['row'], user: User, { identity, email }: LinkingRequest, events: LinkingEvent[]
): LinkedUser {
  const isNew = events[0]?.type === 'user_created'
  return Object.freeze({
    user: Object.freeze({ ...user }), identity, email, isNew, row: row as LinkedUser['row'], events: Object.freeze(events)
  })
}
