import type { Test } from 'tap'
import { createSimulator } from '../../plugins/simulator.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { takesLong } from '../patient.ts'
import { seededBytes } from '../random.ts'
import { rule } from '../store/engines.ts'
import { program } from './app.ts'
import { keepingApp, minute, tokenOf } from './keeping.ts'

takesLong()

/** Two servers with one database, one clock and one Microsoft. */
async function twoServers (t: Pick<Test, 'teardown'>, database: string) {
  const clock = { now: Date.UTC(2021, 10, 22) }
  const simulator = createSimulator({ redirectUris: ['https://app.example/auth/microsoft/callback'], environment: { now: () => clock.now, randomBytes: seededBytes(`two servers ${database}`) } })
  t.teardown(async () => await simulator.close())
  const start = async () => {
    const { app } = await keepingApp(t, { database, clientId: simulator.clientId, clientSecret: simulator.clientSecret, environment: { ...simulator.environment, now: () => clock.now } })
    return { app, simulator, clock, log: () => '', rows: async () => '' }
  }
  return { clock, simulator, servers: [await start(), await start()] as const }
}

rule('twenty parallel requests at two servers: one refresh', async (t, engine) => {
  const { clock, simulator, servers } = await twoServers(t, await engine.newSharedLocation(t))
  const { cookie } = await simulator.signIn(servers[0].app, 'ada')
  clock.now += 120 * minute
  const given = await Promise.all(Array.from({ length: 20 }, async (_, index) => await tokenOf(servers[index % 2]!, cookie)))
  t.equal(new Set(given).size, 1)
  t.equal(simulator.requests.refresh, 1)
})

rule('a server that waits for another one has what that one got, or its own turn where that one fails', async (t, engine) => {
  const { clock, simulator, servers } = await twoServers(t, await engine.newSharedLocation(t))
  const { cookie } = await simulator.signIn(servers[0].app, 'ada')
  clock.now += 120 * minute
  // The first one's refresh ends in nothing, while the second one waits.
  const signIn = signInOf(servers[0].app)
  const client = signIn.client!
  const isUnderWay = Promise.withResolvers<void>()
  const mayFail = Promise.withResolvers<void>()
  signIn.client = {
    ...client,
    refresh: async () => {
      isUnderWay.resolve()
      await mayFail.promise
      throw new Error('the way is down')
    }
  }
  const first = servers[0].app.inject({ url: '/token', headers: { ...program, cookie } })
  await isUnderWay.promise
  const second = tokenOf(servers[1], cookie)
  mayFail.resolve()
  t.equal((await first).statusCode, 500)
  t.ok(await second)
  t.equal(simulator.requests.refresh, 1)
})
