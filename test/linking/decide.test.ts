import t from 'tap'
import { type Decision, decide } from '../../src/linking/decide.ts'
import type { Holder, Knowledge, LinkedIdentity, LinkingPolicy, LinkingRequest, Owner, User } from '../../src/linking/types.ts'
import { identityOf, type Said, tenants, token } from './tokens.ts'

/*
 * All combinations of policy and facts, against the table said once more in
 * another way: as nested questions, where the code has a list of rows.
 */

type Answer =
  | 'account_disabled' | 'unverified_email' | 'email_in_use' | 'signup_disabled' | 'session_mismatch' | 'identity_in_use'
  | 'linker keeps it' | 'linker gets it' | 'code first'
  | 'owner' | 'owner, finish merge' | 'holder' | 'holder, end sessions' | 'invited' | 'fresh' | 'new with identifier'
type AddressAnswer = 'added' | 'confirmed' | 'held' | 'nothing'

interface Facts {
  /** Who links by hand. In another session it is somebody active or disabled; in the same one it may also be the owner or the holder. */
  readonly linker: 'nobody' | 'other session' | 'other session, disabled' | 'gone' | 'disabled' | 'active' | 'owner' | 'holder'
  readonly owner: 'none' | 'active' | 'disabled' | 'merge unfinished'
  readonly provedBefore: boolean
  readonly email: 'none' | 'unverified' | 'verified'
  readonly holder: 'none' | 'disabled' | 'owner' | 'other tenant' | 'same tenant' | 'once proven in the same tenant' | 'once proven by this identity'
  readonly held: boolean
  readonly invited: 'none' | 'active' | 'disabled'
}

interface Answered { row: string, answer: Answer, address?: AddressAnswer }

function answerByHand (policy: LinkingPolicy, { linker, owner, email, holder }: Facts): Answered {
  if (linker.startsWith('other session')) return { row: 'A1', answer: 'session_mismatch' }
  if (linker === 'gone' || linker === 'disabled') return { row: 'A2', answer: 'account_disabled' }
  if (owner !== 'none') return linker === 'owner' ? { row: 'A4', answer: 'linker keeps it' } : { row: 'A3', answer: 'identity_in_use' }
  let address: AddressAnswer = 'nothing'
  const holdsIt = holder === 'owner' ? linker === 'owner' : linker === 'holder'
  if (email === 'verified') {
    if (holder === 'none') address = policy.use_email_as_identifier ? 'added' : 'nothing'
    else address = holdsIt ? 'confirmed' : 'held'
  }
  return { row: 'A5', answer: 'linker gets it', address }
}

function answer (policy: LinkingPolicy, facts: Facts): Answered {
  if (facts.linker !== 'nobody') return answerByHand(policy, facts)
  const verified = facts.email === 'verified'
  if (facts.owner !== 'none') {
    if (facts.owner === 'disabled') return { row: 'B1', answer: 'account_disabled' }
    let address: AddressAnswer = 'nothing'
    if (verified && facts.holder === 'owner') address = 'confirmed'
    else if (verified && facts.holder !== 'none') address = 'held'
    else if (verified && policy.use_email_as_identifier && !facts.provedBefore) address = 'added'
    return { row: 'B2', answer: facts.owner === 'merge unfinished' ? 'owner, finish merge' : 'owner', address }
  }
  if (!verified) {
    if (policy.verify_email && facts.email === 'unverified') return { row: 'C1', answer: 'code first' }
    if (policy.requireVerifiedEmail) return { row: 'C2', answer: 'unverified_email' }
    if (facts.held && policy.allow_email_account_merge) return { row: 'C3', answer: 'email_in_use' }
    return policy.allowSignup ? { row: 'C4', answer: 'fresh', address: 'nothing' } : { row: 'F', answer: 'signup_disabled' }
  }
  if (facts.holder !== 'none') {
    if (facts.holder === 'disabled') return { row: 'D1', answer: 'account_disabled' }
    if (facts.holder === 'same tenant' || facts.holder === 'once proven in the same tenant') return { row: 'D2', answer: 'email_in_use' }
    if (policy.allow_email_account_merge) return { row: 'D3', answer: policy.endSessionsOnMerge ? 'holder, end sessions' : 'holder', address: 'confirmed' }
    if (policy.use_email_as_identifier) return { row: 'D4', answer: 'email_in_use' }
    return policy.allowSignup ? { row: 'D5', answer: 'fresh', address: 'nothing' } : { row: 'F', answer: 'signup_disabled' }
  }
  const address = policy.use_email_as_identifier ? 'added' : 'nothing'
  if (facts.invited === 'disabled') return { row: 'E1', answer: 'account_disabled' }
  if (facts.invited === 'active') return { row: 'E1', answer: 'invited', address }
  if (!policy.allowSignup) return { row: 'F', answer: 'signup_disabled' }
  return { row: 'E2', answer: policy.use_email_as_identifier ? 'new with identifier' : 'fresh', address }
}

const user = (id: string, disabled = false): User => ({ id, displayName: null, createdAt: 1, disabledAt: disabled ? 2 : null })

function ownerOf ({ owner, provedBefore }: Facts): Owner | null {
  if (owner === 'none') return null
  const request = token()
  const identity: LinkedIdentity = { ...request.identity, userId: 'owner', profile: request.profile, email: request.email, createdAt: 1, lastSignInAt: owner === 'merge unfinished' ? null : 1 }
  return { user: user('owner', owner === 'disabled'), identity, provedAddress: provedBefore, provedAddressItself: provedBefore }
}

function holderOf ({ holder }: Facts): Holder | null {
  const elsewhere = [identityOf({ tenant: 'fabrikam' })]
  const colleague = [identityOf({ person: 2 })]
  switch (holder) {
    case 'none': return null
    case 'owner': return { user: user('owner'), identities: [identityOf({})], provers: [identityOf({})] }
    // Everything speaks against this one; that the user is disabled counts first.
    case 'disabled': return { user: user('holder', true), identities: colleague, provers: colleague }
    case 'other tenant': return { user: user('holder'), identities: elsewhere, provers: elsewhere }
    case 'same tenant': return { user: user('holder'), identities: [...elsewhere, ...colleague], provers: [] }
    case 'once proven in the same tenant': return { user: user('holder'), identities: elsewhere, provers: [...elsewhere, ...colleague] }
    case 'once proven by this identity': return { user: user('holder'), identities: elsewhere, provers: [identityOf({})] }
  }
}

function linkerOf ({ linker }: Facts): User | null {
  switch (linker) {
    case 'nobody': case 'gone': return null
    case 'owner': case 'holder': return user(linker)
    default: return user('linker', linker.endsWith('disabled'))
  }
}

function knowledgeOf (facts: Facts): Knowledge {
  return {
    linker: linkerOf(facts),
    owner: ownerOf(facts),
    holder: holderOf(facts),
    unverifiedAddressIsHeld: facts.held,
    invited: facts.invited === 'none' ? null : user('invited', facts.invited === 'disabled')
  }
}

const saidOf: Record<Facts['email'], Said> = { none: { email: null, verified: false }, unverified: { verified: false }, verified: {} }

/** What the sign-in asks for: made once for each, since there are many combinations. */
const requests = new Map<string, LinkingRequest>()
function requestOf ({ email, linker }: Facts): LinkingRequest {
  const key = `${email} ${linker}`
  const known = requests.get(key) ?? {
    ...token(saidOf[email]),
    ...(linker === 'nobody' ? {} : { linker: { userId: 'whoever', isSameSession: !linker.startsWith('other session') } })
  }
  requests.set(key, known)
  return known
}

/** A decision in the words of {@link Answer}. */
function describe (decision: Decision, facts: Facts): Answered {
  const { row } = decision
  if (decision.action === 'refuse') return { row, answer: decision.code as Answer }
  if (decision.action === 'ask_for_code') return { row, answer: 'code first' }
  if (decision.action === 'keep') return { row, answer: decision.user.id === linkerOf(facts)!.id ? 'linker keeps it' : 'owner' }
  const address = ({ add: 'added', confirm: 'confirmed', held: 'held', none: 'nothing' } as const)[decision.address]
  if (decision.action === 'create') return { row, answer: address === 'added' ? 'new with identifier' : 'fresh', address }
  if (decision.action === 'sign_in') return { row, answer: decision.endSessions ? 'owner, finish merge' : 'owner', address }
  if (facts.linker !== 'nobody') return { row, answer: decision.user.id === linkerOf(facts)!.id && !decision.endSessions ? 'linker gets it' : 'holder', address }
  const answer = decision.user.id === 'invited' ? 'invited' : 'holder'
  return { row, answer: decision.endSessions ? 'holder, end sessions' : answer, address }
}

function * combinations<Shape extends object> (choices: { [Name in keyof Shape]: ReadonlyArray<Shape[Name]> }): Generator<Shape> {
  const names = Object.keys(choices) as Array<keyof Shape>
  const total = names.reduce((product, name) => product * choices[name].length, 1)
  for (let number = 0; number < total; number++) {
    let rest = number
    const one: Partial<Shape> = {}
    for (const name of names) {
      one[name] = choices[name][rest % choices[name].length]!
      rest = Math.floor(rest / choices[name].length)
    }
    yield one as Shape
  }
}

const both = [false, true]
const policies = [...combinations<LinkingPolicy>({
  use_email_as_identifier: both, allow_email_account_merge: both, verify_email: both, requireVerifiedEmail: both, allowSignup: both, endSessionsOnMerge: both
})]
const situations = [...combinations<Facts>({
  linker: ['nobody', 'other session', 'other session, disabled', 'gone', 'disabled', 'active', 'owner', 'holder'],
  owner: ['none', 'active', 'disabled', 'merge unfinished'],
  provedBefore: both,
  email: ['none', 'unverified', 'verified'],
  holder: ['none', 'disabled', 'owner', 'other tenant', 'same tenant', 'once proven in the same tenant', 'once proven by this identity'],
  held: both,
  invited: ['none', 'active', 'disabled']
})]

t.test('every combination of policy and facts is decided as the table says', async (t) => {
  const rows = new Set<string>()
  const wrong: unknown[] = []
  for (const facts of situations) {
    const knowledge = knowledgeOf(facts)
    for (const policy of policies) {
      const expected = answer(policy, facts)
      const decided = describe(decide(policy, requestOf(facts), knowledge), facts)
      rows.add(decided.row)
      const isRight = decided.row === expected.row && decided.answer === expected.answer && decided.address === expected.address
      if (!isRight) wrong.push({ policy, facts, expected, decided })
    }
  }
  t.same(wrong.slice(0, 3), [])
  t.equal(policies.length * situations.length, 64 * 8 * 1_008)
  t.same([...rows].sort(), ['A1', 'A2', 'A3', 'A4', 'A5', 'B1', 'B2', 'C1', 'C2', 'C3', 'C4', 'D1', 'D2', 'D3', 'D4', 'D5', 'E1', 'E2', 'F'], 'every row was met')
})

t.test('an unverified address never attaches unless by hand, and never becomes an identifier', async (t) => {
  for (const facts of situations) {
    const knowledge = knowledgeOf(facts)
    for (const policy of policies) {
      if (facts.email === 'verified') continue
      const decision = decide(policy, requestOf(facts), knowledge)
      const moves = 'address' in decision && decision.address !== 'none'
      if (moves || (decision.action === 'attach' && facts.linker === 'nobody')) t.fail(JSON.stringify({ policy, facts }))
    }
  }
  t.pass('none did')
})

t.test('a second identity of one tenant never attaches to the holder (E24)', async (t) => {
  for (const facts of situations) {
    const knowledge = knowledgeOf(facts)
    for (const policy of policies) {
      if (facts.linker !== 'nobody' || facts.owner !== 'none' || !/same tenant/.test(facts.holder)) continue
      const { action } = decide(policy, requestOf(facts), knowledge)
      if (action === 'attach' && facts.email === 'verified') t.fail(JSON.stringify({ policy, facts }))
    }
  }
  t.pass('none did')
})

t.test('by hand an identity goes to whoever asked, never to the holder of its address, and no session ends', async (t) => {
  for (const facts of situations) {
    const knowledge = knowledgeOf(facts)
    for (const policy of policies) {
      if (facts.linker === 'nobody') continue
      const decision = decide(policy, requestOf(facts), knowledge)
      const isTheirs = (decision.action === 'attach' && !decision.endSessions) || decision.action === 'keep'
      if (decision.action !== 'refuse' && !(isTheirs && decision.user.id === linkerOf(facts)!.id)) t.fail(JSON.stringify({ policy, facts }))
    }
  }
  t.pass('none does')
})

t.test('the identity\'s own tenant decides, not what the address or the name says', async (t) => {
  const holder: Holder = { user: user('holder'), identities: [{ tid: tenants.fabrikam, oid: identityOf({}).oid }], provers: [] }
  const policy = { ...policies[0]!, allow_email_account_merge: true, allowSignup: true }
  const knowledge: Knowledge = { linker: null, owner: null, holder, invited: null, unverifiedAddressIsHeld: false }
  t.equal(decide(policy, token(), knowledge).row, 'D3', 'the same oid in another tenant is another person')
  t.equal(decide(policy, token({ tenant: 'fabrikam' }), knowledge).row, 'D3', 'the very same identity, once unlinked, comes back')
  t.equal(decide(policy, token({ tenant: 'fabrikam', person: 2 }), knowledge).row, 'D2')
})
