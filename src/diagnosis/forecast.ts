import type { Decision } from '../linking/decide.ts'
import type { Knowledge, LinkedIdentity, User } from '../linking/types.ts'
import type { Identity, ScoredEmail } from '../verification/types.ts'
import type { Forecast, Situation } from './explanation.ts'

/** Says what a decision comes to. */
export function forecastOf (situation: Situation, decision: Decision): Forecast {
  const code = decision.action === 'refuse' ? decision.code : null
  return Object.freeze({ situation, title: titles[situation], row: decision.row, action: decision.action, code, sentence: sentenceOf(decision) })
}

const titles: Readonly<Record<Situation, string>> = {
  now: 'As the store is now',
  new: 'Nobody has the address',
  address_held: 'A user holds the address',
  address_held_in_tenant: 'So does one of the same tenant',
  known: 'The account was here before'
}

function sentenceOf (decision: Decision): string {
  switch (decision.action) {
    case 'refuse': return `The sign-in is refused: ${decision.code}.`
    case 'ask_for_code': return 'A one-time code is mailed to the address first.'
    case 'keep': return 'The account is linked already.'
    case 'sign_in': return 'The user of the account is signed in.'
    case 'attach': return decision.row === 'D3' ? 'The account is merged into that of the user who holds the address.' : 'The account is attached to a user who was there before.'
    case 'create': return decision.address === 'add' ? 'A new user is made, with the address as verified identifier.' : 'A new user is made, without an identifier.'
  }
}

/** What a store may know, for a look ahead without one. */
export const imagined: Readonly<Record<Exclude<Situation, 'now'>, (identity: Identity, email: ScoredEmail) => Knowledge>> = Object.freeze({
  new: () => empty,
  address_held: (_identity: Identity, email: ScoredEmail) => held(email, []),
  address_held_in_tenant: ({ tid }: Identity, email: ScoredEmail) => held(email, [{ tid, oid: someoneElse }]),
  known: (identity: Identity, email: ScoredEmail) => ({
    ...empty,
    owner: { user: someone, identity: ownIdentity(identity, email), provedAddress: email.verified, provedAddressItself: email.verified }
  })
})

const someoneElse = '00000000-0000-4000-8000-000000000000'
const someone: User = Object.freeze({ id: someoneElse, displayName: null, createdAt: 0, disabledAt: null })
const empty: Knowledge = Object.freeze({ linker: null, owner: null, holder: null, unverifiedAddressIsHeld: false, invited: null })

function held ({ canonical, verified }: ScoredEmail, identities: ReadonlyArray<Pick<Identity, 'tid' | 'oid'>>): Knowledge {
  return {
    ...empty,
    holder: verified ? { user: someone, identities, provers: identities } : null,
    unverifiedAddressIsHeld: !verified && canonical !== null
  }
}

function ownIdentity (identity: Identity, email: ScoredEmail): LinkedIdentity {
  const profile = { displayName: null, givenName: null, familyName: null, preferredUsername: null }
  return { ...identity, userId: someone.id, profile, email, createdAt: 0, lastSignInAt: 0 }
}
