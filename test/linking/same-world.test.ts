import { assertSameWorld } from '../../src/linking/same-world.ts'
import { rule } from '../store/engines.ts'
import { token } from './tokens.ts'
import { createWorld } from './world.ts'

const microsoft = 'https://login.microsoftonline.com'
const simulator = 'http://localhost:3000/simulator'

rule('an empty store is for either world', async (t, engine) => {
  const { store } = await createWorld(t, engine)
  await assertSameWorld(store, microsoft)
  await assertSameWorld(store, simulator)
})

rule('a store that holds the simulator\'s identities is refused by a server with a real authority', async (t, engine) => {
  const { store, linking } = await createWorld(t, engine)
  await linking().link(token({ authority: simulator }))
  await assertSameWorld(store, simulator)
  await t.rejects(assertSameWorld(store, microsoft), {
    code: 'FST_ENTRA_CONFIGURATION',
    message: 'fastify-entra: option "database": the accounts there belong to simulated identities, but this server signs in with Microsoft. Give another database.'
  })
})

rule('a store that holds real identities is refused by a simulator', async (t, engine) => {
  const { store, linking } = await createWorld(t, engine)
  await linking().link(token())
  await assertSameWorld(store, microsoft)
  await assertSameWorld(store, 'https://login.microsoftonline.us')
  await t.rejects(assertSameWorld(store, simulator), {
    code: 'FST_ENTRA_CONFIGURATION',
    message: 'fastify-entra: option "database": the accounts there belong to real identities, but this server signs in with a simulator. Give another database.'
  })
})
