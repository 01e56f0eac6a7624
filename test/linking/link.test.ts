import t from 'tap'
import { createLinking } from '../../src/linking/link.ts'
import type { AccountStore, AccountTransaction } from '../../src/linking/store.ts'
import { createAccountStore } from '../../src/store/accounts.ts'
import { openDatabase } from '../../src/store/open.ts'
import { count, dump, openTestDatabase } from '../store/database.ts'
import { rule } from '../store/engines.ts'
import { failStatement } from '../store/fail-statement.ts'
import { race } from '../store/processes.ts'
import { token } from './tokens.ts'
import { createWorld, defaults } from './world.ts'

const asIdentifier = { use_email_as_identifier: true }
const merging = { allow_email_account_merge: true }

/** A store whose operations pass through `before`, which may throw or note. */
function watched (store: AccountStore, before: (name: keyof AccountTransaction) => void): AccountStore {
  return {
    transaction: async (work) => await store.transaction(async (accounts) => await work(new Proxy(accounts, {
      get: (target, name: keyof AccountTransaction) => async (...parameters: never[]) => {
        before(name)
        return await (target[name] as (...parameters: never[]) => Promise<unknown>)(...parameters)
      }
    })))
  }
}

rule('fifty first sign-ins of one identity at once make one user (L10)', async (t, engine) => {
  const location = await engine.newSharedLocation(t)
  const world = await createWorld(t, location)
  // Two servers on one database, as far as one process can show it.
  const other = createAccountStore(await openTestDatabase(t, location))
  const servers = [world.linking(asIdentifier), world.linking(asIdentifier, other)]
  const linked = await Promise.all(Array.from({ length: 50 }, async (_, index) => await servers[index % 2]!.link(token())))
  t.equal(new Set(linked.map(({ user }) => user.id)).size, 1)
  t.equal(linked.filter(({ isNew }) => isNew).length, 1)
  t.same([await count(world.database, 'users'), await count(world.database, 'identities'), await count(world.database, 'identifiers')], [1, 1, 1])
})

rule('two identities with one verified address at once: one user with merging, one holder without (L11)', async (t, engine) => {
  for (const policy of [merging, {}]) {
    const world = await createWorld(t, engine)
    const { link } = world.linking({ ...asIdentifier, ...policy })
    const outcomes = await Promise.allSettled([link(token()), link(token({ tenant: 'fabrikam' }))])
    const refused = outcomes.flatMap((outcome) => outcome.status === 'rejected' ? [(outcome.reason as { code: string }).code] : [])
    t.same(refused, policy === merging ? [] : ['email_in_use'])
    t.equal(await count(world.database, 'users'), 1)
    t.equal(await count(world.database, 'identities'), policy === merging ? 2 : 1)
    t.equal(await count(world.database, 'identifiers'), 1)
  }
})

rule('two processes that make a database and sign in at once make no error (L10, L11)', async (t, engine) => {
  for (const mode of ['merge', 'keep apart']) {
    const location = await engine.newEmptyLocation(t)
    const outcomes = await race(new URL('sign-in-process.ts', import.meta.url), [[location, mode], [location, mode]])
    t.same(outcomes.map(({ code, errors }) => ({ code, errors })), outcomes.map(() => ({ code: 0, errors: '' })))
    const answers = outcomes.flatMap(({ output }) => output.split('\n'))
    t.equal(answers.length, 40)
    const database = await openTestDatabase(t, location)
    t.equal(await count(database, 'users'), 1)
    t.equal(await count(database, 'identities'), mode === 'merge' ? 20 : 1)
    // Apart, one identity wins, in whichever process, and signs in again in the other one.
    t.same([...new Set(answers.map((answer) => answer.split(' ')[0]))].sort(), mode === 'merge' ? ['ok'] : ['email_in_use', 'ok'])
    t.equal(answers.filter((answer) => answer.startsWith('ok')).length, mode === 'merge' ? 40 : 2)
  }
})

rule('the loser of a race is answered as one who came later', async (t, engine) => {
  const world = await createWorld(t, engine)
  const winner = await world.linking(asIdentifier).link(token())
  /** As if the winner had written between the look and the write: the first look sees nothing. */
  const blind = (name: 'findIdentity' | 'findHolder'): AccountStore => {
    let isFirst = true
    return {
      transaction: async (work) => await world.store.transaction(async (accounts) => await work({
        ...accounts,
        [name]: async (...parameters: [string, string]) => {
          if (!isFirst) return await accounts[name](...parameters)
          isFirst = false
          return null
        }
      }))
    }
  }
  const before = await dump(world.database)
  // The unique identity decides …
  t.match(await world.linking({}, blind('findIdentity')).link(token()), { row: 'B2', isNew: false, user: { id: winner.user.id } })
  // … and so does the unique holder.
  await t.rejects(world.linking(asIdentifier, blind('findHolder')).link(token({ tenant: 'fabrikam' })), { code: 'email_in_use', detail: { reason: 'linking_D4' } })
  t.same(await dump(world.database), before)
  t.match(await world.linking({ ...asIdentifier, ...merging }, blind('findHolder')).link(token({ tenant: 'fabrikam' })), { row: 'D3', user: { id: winner.user.id } })
})

rule('C2 refuses before any look-up, and an unverified address is looked up for C3 alone (L24)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const operationsOf = async (policy: object, said: object): Promise<string[]> => {
    const operations: string[] = []
    const store = watched(world.store, (name) => operations.push(name))
    await world.linking(policy, store).link(token(said)).catch(() => {})
    return operations
  }
  const unverified = { verified: false, tenant: 'attacker' }
  t.same(await operationsOf({ requireVerifiedEmail: true, ...merging, ...asIdentifier }, unverified), ['hasIdentities', 'findIdentity'])
  t.notOk((await operationsOf(asIdentifier, { ...unverified, person: 2 })).includes('findHolder'))
  t.ok((await operationsOf(merging, { ...unverified, person: 3 })).includes('findHolder'))
  t.notOk((await operationsOf(merging, { verified: false, email: null, person: 4 })).includes('findHolder'))
})

rule('a first sign-in that fails at any statement leaves nothing, and works afterwards (L13)', async (t, engine) => {
  let statements = 0
  const location = await engine.newLocation(t)
  for (let number = 1; ; number++) {
    const world = await createWorld(t, location)
    const { link } = world.linking(asIdentifier)
    const empty = await dump(world.database)
    const failure = failStatement(t, engine, number)
    const outcome = await link(token()).then(() => null, (error: unknown) => error)
    failure.restore()
    if (!failure.hasFailed()) break
    statements = number
    t.match(outcome, { code: 'store_unavailable', statusCode: 503, detail: { reason: failure.reason } }, `statement ${number}`)
    t.same(await dump(world.database), empty)
    const { user, ...linked } = await link(token())
    t.match(linked, { row: 'E2', isNew: true })
    await world.accounts.delete(user.id)
  }
  t.ok(statements >= 8, `there are several (${statements})`)
})

rule('a merge that fails at any statement either is not there, or is finished by the next sign-in', async (t, engine) => {
  let unfinished = 0
  const location = await engine.newLocation(t)
  for (let number = 1; ; number++) {
    const world = await createWorld(t, location)
    const { id } = await world.accounts.create()
    await world.accounts.verifyEmail(id, 'ann@example.com')
    await world.startSession('old', id)
    const before = await dump(world.database)
    const { link } = world.linking(merging)
    const failure = failStatement(t, engine, number)
    const outcome = await link(token()).then(() => null, (error: unknown) => error)
    failure.restore()
    if (!failure.hasFailed()) break
    t.match(outcome, { code: 'store_unavailable' }, `statement ${number}`)
    const isMerged = (await dump(world.database)).identities!.length > 0
    if (isMerged) unfinished++
    else t.same(await dump(world.database), before)

    const again = await link(token())
    t.match(again, { row: isMerged ? 'B2' : 'D3', user: { id } })
    t.match(again.events, [{ type: 'account_merged', userId: id, email: { canonical: 'ann@example.com' } }], 'the holder is told')
    t.equal(again.events.length, 1)
    t.equal(await count(world.database, 'sessions'), 0, 'the sessions are over')
    t.match(await world.accounts.identities(id), [{ lastSignInAt: world.clock.now }])
    const endedSoFar = world.ended.length
    t.same((await link(token())).events, [])
    t.equal(world.ended.length, endedSoFar, 'and it ends there')
    await world.accounts.delete(id)
  }
  t.ok(unfinished > 0, 'some failed after the merge was written')
})

t.test('sessions that cannot be ended let nobody in', async (t) => {
  const database = await openTestDatabase(t)
  const store = createAccountStore(database)
  const world = await createWorld(t)
  const { link } = createLinking({
    policy: { ...defaults, ...asIdentifier, ...merging },
    store,
    environment: { now: () => 1, randomBytes: (size) => Buffer.alloc(size) },
    endSessions: async () => { throw new Error('no session store') }
  })
  await link(token())
  await t.rejects(link(token({ tenant: 'fabrikam' })), { message: 'no session store' })
  await t.rejects(link(token({ tenant: 'fabrikam' })), { message: 'no session store' })
  t.same(world.ended, [])
})

t.test('an identity that went while its merge was finished stays away', async (t) => {
  const database = await openTestDatabase(t)
  const { link } = createLinking({
    policy: { ...defaults, ...asIdentifier, ...merging },
    store: createAccountStore(database),
    environment: { now: () => 1, randomBytes: (size) => Buffer.alloc(size) },
    endSessions: async () => { await database.run((db) => db.deleteFrom('users').execute()) }
  })
  await link(token())
  t.match(await link(token({ tenant: 'fabrikam' })), { row: 'D3' })
  t.equal(await count(database, 'identities'), 0)
})

t.test('what is linked cannot be changed, and names its identity and address', async (t) => {
  const world = await createWorld(t)
  const said = token()
  const linked = await world.linking().link(said)
  t.ok([linked, linked.user, linked.events, linked.events[0]!].every(Object.isFrozen))
  t.equal(linked.identity, said.identity)
  t.equal(linked.email, said.email)
  t.match(linked.user.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

t.test('a store that is closed is store_unavailable', async (t) => {
  const database = await openDatabase(':memory:')
  await database.close()
  const world = await createWorld(t)
  await t.rejects(world.linking({}, createAccountStore(database)).link(token()), { code: 'store_unavailable', statusCode: 503 })
})
