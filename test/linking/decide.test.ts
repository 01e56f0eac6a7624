import t from 'tap'
import { type Decision, decide } from '../../src/linking/decide.ts'
import type { Holder, Knowledge, LinkedIdentity, LinkingPolicy, Owner, User } from '../../src/linking/types.ts'
import { identityOf, type Said, tenants, token } from './tokens.ts'

/*
 * All combinations of policy and facts, against the table said once more in
 * another way: as nested questions, where the code has a list of rows.
 */

type Answer =
  | 'account_disabled' | 'unverified_email' | 'email_in_use' | 'signup_disabled'
  | 'owner' | 'owner, finish merge' | 'holder' | 'holder, end sessions' | 'invited' | 'fresh' | 'new with identifier'
type AddressAnswer = 'added' | 'confirmed' | 'held' | 'nothing'

interface Facts {
  readonly owner: 'none' | 'active' | 'disabled' | 'merge unfinished'
  readonly provedBefore: boolean
  readonly email: 'none' | 'unverified' | 'verified'
  readonly holder: 'none' | 'disabled' | 'owner' | 'other tenant' | 'same tenant' | 'once proven in the same tenant' | 'once proven by this identity'
  readonly held: boolean
  readonly invited: 'none' | 'active' | 'disabled'
}

function answer (policy: LinkingPolicy, facts: Facts): { row: string, answer: Answer, address?: AddressAnswer } {
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
  return { user: user('owner', owner === 'disabled'), identity, provedAddress: provedBefore }
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

function knowledgeOf (facts: Facts): Knowledge {
  return {
    linker: null,
    owner: ownerOf(facts),
    holder: holderOf(facts),
    unverifiedAddressIsHeld: facts.held,
    invited: facts.invited === 'none' ? null : user('invited', facts.invited === 'disabled')
  }
}

const saidOf: Record<Facts['email'], Said> = { none: { email: null, verified: false }, unverified: { verified: false }, verified: {} }

/** A decision in the words of {@link Answer}. */
function describe (decision: Decision): { row: string, answer: Answer, address?: AddressAnswer } {
  const { row } = decision
  if (decision.action === 'refuse') return { row, answer: decision.code as Answer }
  if (decision.action === 'ask_for_code' || decision.action === 'keep') return { row, answer: decision.action as Answer }
  const address = ({ add: 'added', confirm: 'confirmed', held: 'held', none: 'nothing' } as const)[decision.address]
  if (decision.action === 'create') return { row, answer: address === 'added' ? 'new with identifier' : 'fresh', address }
  if (decision.action === 'sign_in') return { row, answer: decision.endSessions ? 'owner, finish merge' : 'owner', address }
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
  use_email_as_identifier: both, allow_email_account_merge: both, verify_email: [false], requireVerifiedEmail: both, allowSignup: both, endSessionsOnMerge: both
})]
const situations = [...combinations<Facts>({
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
  for (const policy of policies) {
    for (const facts of situations) {
      const expected = answer(policy, facts)
      const decided = describe(decide(policy, token(saidOf[facts.email]), knowledgeOf(facts)))
      rows.add(decided.row)
      if (JSON.stringify(decided) !== JSON.stringify(expected)) wrong.push({ policy, facts, expected, decided })
    }
  }
  t.same(wrong.slice(0, 3), [])
  t.equal(policies.length * situations.length, 32 * 1_008)
  t.same([...rows].sort(), ['B1', 'B2', 'C2', 'C3', 'C4', 'D1', 'D2', 'D3', 'D4', 'D5', 'E1', 'E2', 'F'], 'every row was met')
})

t.test('an unverified address never attaches, whatever the rest says', async (t) => {
  for (const policy of policies) {
    for (const facts of situations) {
      if (facts.email === 'verified' || facts.owner !== 'none') continue
      const { action } = decide(policy, token(saidOf[facts.email]), knowledgeOf(facts))
      if (action === 'attach') t.fail(JSON.stringify({ policy, facts }))
    }
  }
  t.pass('none did')
})

t.test('a second identity of one tenant never attaches to the holder (E24)', async (t) => {
  for (const policy of policies) {
    for (const facts of situations) {
      if (facts.owner !== 'none' || !/same tenant/.test(facts.holder)) continue
      const { action } = decide(policy, token(saidOf[facts.email]), knowledgeOf(facts))
      if (action === 'attach' && facts.email === 'verified') t.fail(JSON.stringify({ policy, facts }))
    }
  }
  t.pass('none did')
})

t.test('the identity\'s own tenant decides, not what the address or the name says', async (t) => {
  const holder: Holder = { user: user('holder'), identities: [{ tid: tenants.fabrikam, oid: identityOf({}).oid }], provers: [] }
  const policy = { ...policies[0]!, allow_email_account_merge: true, allowSignup: true }
  const knowledge: Knowledge = { linker: null, owner: null, holder, invited: null, unverifiedAddressIsHeld: false }
  t.equal(decide(policy, token(), knowledge).row, 'D3', 'the same oid in another tenant is another person')
  t.equal(decide(policy, token({ tenant: 'fabrikam' }), knowledge).row, 'D3', 'the very same identity, once unlinked, comes back')
  t.equal(decide(policy, token({ tenant: 'fabrikam', person: 2 }), knowledge).row, 'D2')
})
