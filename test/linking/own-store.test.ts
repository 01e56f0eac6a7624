import { createAccounts } from '../../src/linking/accounts.ts'
import { createLinking } from '../../src/linking/link.ts'
import type { AccountStore } from '../../src/linking/store.ts'
import { createAccountStore } from '../../src/store/accounts.ts'
import { openTestDatabase } from '../store/database.ts'
import { rule } from '../store/engines.ts'
import { memoryStore } from './memory-store.ts'
import { identityOf, token } from './tokens.ts'
import { canonicalAddress, defaults } from './world.ts'

/** One story of an application, told by its store's answers. */
async function story (store: AccountStore): Promise<unknown[]> {
  let now = 1_000
  let made = 0
  const environment = { now: () => now++, randomBytes: (size: number) => Buffer.alloc(size, ++made) }
  const endSessions = async (): Promise<void> => {}
  const accounts = createAccounts({ store, environment, endSessions, canonicalAddress })
  const policy = { ...defaults, use_email_as_identifier: true, allow_email_account_merge: true }
  const { link } = createLinking({ policy, store, environment, endSessions })
  const told: unknown[] = []
  const tell = async (step: Promise<unknown>): Promise<void> => {
    told.push(await step.catch((error: { code: string, detail: unknown }) => ({ code: error.code, detail: error.detail })))
  }

  const squatter = await accounts.create({ displayName: 'Squatter' })
  await tell(accounts.addEmail(squatter.id, 'ann@example.com'))
  await tell(link(token()))
  await tell(link(token({ name: 'Ann Kim', email: 'new@example.com' })))
  await tell(link(token({ tenant: 'fabrikam' })))
  await tell(link(token({ person: 2 })))
  await tell(link(token({ tenant: 'attacker', verified: false })))
  const ann = (await accounts.findByEmail('ann@example.com'))!
  await tell(accounts.export(ann.id))
  await tell(accounts.disable(ann.id))
  await tell(link(token()))
  await tell(accounts.releaseEmail(ann.id, 'ann@example.com'))
  await tell(accounts.invite({ email: 'bob@example.com' }))
  await tell(accounts.invite({ email: 'bob@example.com' }))
  await tell(link(token({ person: 3, email: 'bob@example.com' })))
  const bob = (await accounts.findByEmail('bob@example.com'))!
  await tell(link({ ...token({ person: 4, email: 'new@example.com' }), linker: { userId: bob.id, isSameSession: true } }))
  await tell(accounts.unlink(bob.id, identityOf({ person: 3 })))
  await tell(accounts.unlink(bob.id, identityOf({ person: 4 })))
  await tell(accounts.export(bob.id))
  await tell(accounts.delete(ann.id))
  await tell(accounts.find(ann.id))
  await tell(accounts.removeEmail(ann.id, 'new@example.com'))
  await tell(link(token()))
  return told
}

rule('an application may bring an account table of its own: the same story ends the same way', async (t, engine) => {
  const inMemory = await story(memoryStore())
  t.same(inMemory, await story(createAccountStore(await openTestDatabase(t, await engine.newLocation(t)))))
  t.same(inMemory.map((step) => (step as { row?: string } | undefined)?.row ?? (step as { code?: string } | undefined)?.code ?? '-'), [
    '-', 'E2', 'B2', 'D3', 'email_in_use', 'email_in_use', '-', '-', 'account_disabled', '-', '-', '-', 'E1', 'A5', '-', 'last_identity', '-', '-', '-', 'invalid_request', 'E2'
  ])
})

rule('whose an identity is comes out the same, whether a store reads it at once or in a transaction', async (t, engine) => {
  for (const store of [memoryStore(), createAccountStore(await openTestDatabase(t, await engine.newLocation(t)))]) {
    const environment = { now: () => 1_000, randomBytes: (size: number) => Buffer.alloc(size, 7) }
    const endSessions = async (): Promise<void> => {}
    const accounts = createAccounts({ store, environment, endSessions, canonicalAddress })
    const linked = await createLinking({ policy: defaults, store, environment, endSessions }).link(token())
    t.same(await accounts.findByIdentity(identityOf({})), (linked as { user: unknown }).user)
    t.equal(await accounts.findByIdentity(identityOf({ person: 2 })), null)
  }
})
