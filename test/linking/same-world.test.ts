import t from 'tap'
import { assertSameWorld } from '../../src/linking/same-world.ts'
import { token } from './tokens.ts'
import { createWorld } from './world.ts'

const microsoft = 'https://login.microsoftonline.com'
const simulator = 'http://localhost:3000/simulator'

t.test('an empty store is for either world', async (t) => {
  const { store } = await createWorld(t)
  await assertSameWorld(store, microsoft)
  await assertSameWorld(store, simulator)
})

t.test('a store that holds the simulator\'s identities is refused by a server with a real authority', async (t) => {
  const { store, linking } = await createWorld(t)
  await linking().link(token({ authority: simulator }))
  await assertSameWorld(store, simulator)
  await t.rejects(assertSameWorld(store, microsoft), {
    code: 'FST_ENTRA_CONFIGURATION',
    message: 'fastify-entra: option "database": the accounts there belong to simulated identities, but this server signs in with Microsoft. Give another database file.'
  })
})

t.test('a store that holds real identities is refused by a simulator', async (t) => {
  const { store, linking } = await createWorld(t)
  await linking().link(token())
  await assertSameWorld(store, microsoft)
  await assertSameWorld(store, 'https://login.microsoftonline.us')
  await t.rejects(assertSameWorld(store, simulator), {
    code: 'FST_ENTRA_CONFIGURATION',
    message: 'fastify-entra: option "database": the accounts there belong to real identities, but this server signs in with a simulator. Give another database file.'
  })
})
