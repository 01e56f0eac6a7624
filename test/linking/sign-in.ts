import type { Test } from 'tap'
import type { LinkedUser, LinkingPolicy } from '../../src/linking/types.ts'
import { dump } from '../store/database.ts'
import { type Said, token } from './tokens.ts'
import type { World } from './world.ts'

/*
 * What the tests of the linking table share: policies, sign-ins, and what comes of them.
 */

export const asIdentifier = { use_email_as_identifier: true }
export const merging = { allow_email_account_merge: true }
export const noSignup = { allowSignup: false }
export const strict = { requireVerifiedEmail: true }

/** A sign-in that must be refused, and must leave every table as it was. */
export async function refused (t: Test, world: World, policy: Partial<LinkingPolicy>, said: Said, code: string, row: string): Promise<void> {
  const before = await dump(world.database)
  const endedBefore = world.ended.length
  await t.rejects(world.linking(policy).link(token(said)), { code, detail: { reason: `linking_${row}` } })
  t.same(await dump(world.database), before, 'nothing changed')
  t.equal(world.ended.length, endedBefore, 'no session ended')
}

export const signIn = async (world: World, policy: Partial<LinkingPolicy>, said: Said = {}) => await world.linking(policy).link(token(said))

/** What happened besides, in words. */
export const eventsOf = ({ events }: LinkedUser) => events.map(({ type }) => type)

/** Addresses of a user, who proved them, and how many identities there are. */
export async function about (world: World, userId: string): Promise<{ addresses: string[], provers: string[], identities: number }> {
  const { identifiers, proofs, identities } = await world.accounts.export(userId)
  return {
    addresses: identifiers.map(({ canonical, verified }) => `${canonical} ${verified ? 'verified' : 'unverified'}`),
    provers: proofs.map(({ canonical, tid }) => `${canonical} ${tid}`),
    identities: identities.length
  }
}

/** A user who holds ann@example.com, and signed in from another tenant than the tests' usual one. */
export async function addHolder (world: World, said: Said = {}): Promise<string> {
  const { user, row } = await signIn(world, asIdentifier, { tenant: 'fabrikam', ...said })
  if (row !== 'E2') throw new Error(`no holder was made: ${row}`)
  return user.id
}

/** A holder whom the application's own registration made: without any identity. */
export async function addLocalHolder (world: World): Promise<string> {
  const { id } = await world.accounts.create({ displayName: 'Ann of old' })
  await world.accounts.verifyEmail(id, 'ann@example.com')
  return id
}
