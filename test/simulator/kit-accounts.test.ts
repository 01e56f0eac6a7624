import t from 'tap'
import { createSimulator } from '../../plugins/simulator.ts'

t.test('what is done about an account is refused where there is no such account', async (t) => {
  const simulator = createSimulator()
  t.teardown(async () => await simulator.close())
  for (const act of [simulator.disable, simulator.enable, simulator.revokeSessions, simulator.requireInteraction]) {
    t.throws(() => act('nobody'), { code: 'FST_ENTRA_CONFIGURATION', message: /there is no account "nobody"/ })
    t.doesNotThrow(() => act('ada'))
  }
  t.throws(() => simulator.setPhoto('nobody', null), { message: /there is no account "nobody"/ })
})

t.test('the kit\'s fetch reaches Graph at its own address, and nothing beside it', async (t) => {
  const simulator = createSimulator()
  t.teardown(async () => await simulator.close())
  t.equal((await simulator.fetch('https://graph.microsoft.com/v1.0/me')).status, 401)
  t.equal((await simulator.fetch('https://graph.microsoft.com/v1.0/users')).status, 404)
  await t.rejects(simulator.fetch('https://graph.microsoft.com.evil.example/v1.0/me'), { message: /stands in for/ })
  await t.rejects(simulator.fetch('https://graph.microsoft.us/v1.0/me'), { message: /stands in for/ })
})
