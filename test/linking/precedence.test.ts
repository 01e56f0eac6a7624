import type { LinkingPolicy } from '../../src/linking/types.ts'
import { rule } from '../store/engines.ts'
import { addHolder, addLocalHolder, asIdentifier, merging, noSignup, signIn, strict } from './sign-in.ts'
import { type Said } from './tokens.ts'
import { createWorld, type World } from './world.ts'

rule('of two rows that match, the first one counts', async (t, engine) => {
  /** Each: what was before, the policy, the sign-in, and the row that it must be. */
  const cases: Array<[title: string, before: (world: World) => Promise<unknown>, policy: Partial<LinkingPolicy>, said: Said, row: string]> = [
    ['B1 before C2', async (world) => await world.accounts.disable((await signIn(world, {})).user.id), strict, { verified: false }, 'B1'],
    ['B1 before D4', async (world) => { await addHolder(world); await world.accounts.disable((await signIn(world, {})).user.id) }, asIdentifier, {}, 'B1'],
    ['B2 before C2', async (world) => await signIn(world, {}), strict, { verified: false }, 'B2'],
    ['B2 before C3', async (world) => { await addHolder(world); await signIn(world, {}) }, merging, { verified: false }, 'B2'],
    ['B2 before D1', async (world) => { await world.accounts.disable(await addHolder(world, { email: 'new@example.com' })); await signIn(world, {}) }, asIdentifier, { email: 'new@example.com' }, 'B2'],
    ['B2 before D2', async (world) => { await addHolder(world, { tenant: 'contoso', person: 2, email: 'new@example.com' }); await signIn(world, {}) }, merging, { email: 'new@example.com' }, 'B2'],
    ['B2 before D3', async (world) => { await addHolder(world); await signIn(world, {}) }, merging, {}, 'B2'],
    ['B2 before D4', async (world) => { await addHolder(world); await signIn(world, {}) }, asIdentifier, {}, 'B2'],
    ['B2 before E1', async (world) => { await signIn(world, {}); await world.accounts.invite({ email: 'ann@example.com' }) }, {}, {}, 'B2'],
    ['B2 before F', async (world) => await signIn(world, {}), noSignup, { verified: false }, 'B2'],
    ['C2 before C3', addHolder, { ...strict, ...merging }, { verified: false }, 'C2'],
    ['C2 before F', async () => {}, { ...strict, ...noSignup }, { verified: false }, 'C2'],
    ['C3 before C4', addHolder, merging, { verified: false }, 'C3'],
    ['C3 before F', addHolder, { ...merging, ...noSignup }, { verified: false }, 'C3'],
    ['D1 before D2', async (world) => await world.accounts.disable(await addHolder(world)), merging, { tenant: 'fabrikam', person: 2 }, 'D1'],
    ['D1 before D3', async (world) => await world.accounts.disable(await addHolder(world)), merging, {}, 'D1'],
    ['D1 before D4', async (world) => await world.accounts.disable(await addHolder(world)), asIdentifier, {}, 'D1'],
    ['D1 before D5 and F', async (world) => await world.accounts.disable(await addHolder(world)), noSignup, {}, 'D1'],
    ['D2 before D3', addHolder, merging, { tenant: 'fabrikam', person: 2 }, 'D2'],
    ['D2 before D4', addHolder, asIdentifier, { tenant: 'fabrikam', person: 2 }, 'D2'],
    ['D2 before D5 and F', addHolder, noSignup, { tenant: 'fabrikam', person: 2 }, 'D2'],
    ['D3 before D4', addHolder, { ...merging, ...asIdentifier }, {}, 'D3'],
    ['D3 before F', addHolder, { ...merging, ...noSignup }, {}, 'D3'],
    ['D4 before D5 and F', addHolder, { ...asIdentifier, ...noSignup }, {}, 'D4'],
    ['D3 before E1', async (world) => { await world.accounts.invite({ email: 'ann@example.com' }); await addLocalHolder(world) }, merging, {}, 'D3'],
    ['D4 before E1', async (world) => { await world.accounts.invite({ email: 'ann@example.com' }); await addLocalHolder(world) }, asIdentifier, {}, 'D4'],
    ['D5 before E1', async (world) => { await world.accounts.invite({ email: 'ann@example.com' }); await addLocalHolder(world) }, {}, {}, 'D5'],
    ['F for D5, though somebody was invited', async (world) => { await world.accounts.invite({ email: 'ann@example.com' }); await addLocalHolder(world) }, noSignup, {}, 'F'],
    ['E1 before E2', async (world) => await world.accounts.invite({ email: 'ann@example.com' }), asIdentifier, {}, 'E1'],
    ['E1 before F', async (world) => await world.accounts.invite({ email: 'ann@example.com' }), noSignup, {}, 'E1'],
    ['C4 before E1', async (world) => await world.accounts.invite({ email: 'ann@example.com' }), {}, { verified: false }, 'C4']
  ]
  for (const [title, before, policy, said, row] of cases) {
    await t.test(title, async (t) => {
      const world = await createWorld(t, engine)
      await before(world)
      const met = await signIn(world, policy, said).then((linked) => linked.row, (error: { detail?: { reason: string } }) => error.detail?.reason.replace('linking_', ''))
      t.equal(met, row)
    })
  }
})
