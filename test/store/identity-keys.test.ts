import type { StoredKey } from '../../src/identity/types.ts'
import { createKeyStore } from '../../src/store/identity-keys.ts'
import { openTestDatabase } from './database.ts'
import { rule } from './engines.ts'

const project = { name: 'identity', simulated: false }
const keysOf = (generation: number, name = ''): StoredKey[] => (['ES256', 'RS256'] as const).map((algorithm) =>
  ({ kid: `${algorithm} ${generation}${name}`, algorithm, generation, sealed: `sealed ${algorithm} ${generation}`, createdAt: 1, signsAt: 2 }))

rule('keys are listed as they were added, oldest first, by project and world', async (t, engine) => {
  const store = createKeyStore(await openTestDatabase(t, await engine.newLocation(t)))
  t.same(await store.list(project), [])
  t.equal(await store.add(project, keysOf(2)), true)
  t.equal(await store.add(project, keysOf(1)), true)
  t.equal(await store.add({ ...project, simulated: true }, keysOf(1, ' simulated')), true)
  t.same(await store.list(project), [...keysOf(1), ...keysOf(2)])
  t.same(await store.list({ ...project, simulated: true }), keysOf(1, ' simulated'))
  t.same(await store.list({ ...project, name: 'another' }), [])
})

rule('of any number who make a generation, one does, whole', async (t, engine) => {
  const store = createKeyStore(await openTestDatabase(t, await engine.newLocation(t)))
  const won = await Promise.all(Array.from({ length: 10 }, async (_, index) => await store.add(project, keysOf(1, ` by ${index}`))))
  t.equal(won.filter(Boolean).length, 1)
  t.same(await store.list(project), keysOf(1, ` by ${won.indexOf(true)}`))
})

rule('a key is sealed anew where its seal is still the one that was read', async (t, engine) => {
  const store = createKeyStore(await openTestDatabase(t, await engine.newLocation(t)))
  await store.add(project, keysOf(1))
  await store.add({ ...project, simulated: true }, keysOf(1))
  await store.reseal(project, 'ES256 1', 'another', 'x')
  await store.reseal(project, 'ES256 1', 'sealed ES256 1', 'anew')
  t.same((await store.list(project)).map(({ sealed }) => sealed), ['anew', 'sealed RS256 1'])
  t.same(await store.list({ ...project, simulated: true }), keysOf(1))
})

rule('earlier generations are removed', async (t, engine) => {
  const store = createKeyStore(await openTestDatabase(t, await engine.newLocation(t)))
  for (const generation of [1, 2, 3]) await store.add(project, keysOf(generation))
  await store.add({ ...project, name: 'another' }, keysOf(1))
  await store.removeBefore(project, 3)
  t.same(await store.list(project), keysOf(3))
  t.same(await store.list({ ...project, name: 'another' }), keysOf(1))
})
