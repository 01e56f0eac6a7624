import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { takesLong } from '../patient.ts'
import { needsPostgres, needsRedis } from '../services.ts'
import { startPostgres } from '../postgres.ts'
import { startRedis } from '../redis.ts'
import { startChild } from './child.ts'
import { findFaults, usersOf } from './invariants.ts'
import { type Answer, createLetterbox, createPerson, type Person } from './person.ts'
import { createPopulation, type Member } from './population.ts'
import { startProxy } from './proxy.ts'
import { startSimulatedMicrosoft } from './simulated-microsoft.ts'

takesLong()

const services = { skip: needsPostgres().skip || needsRedis().skip }
const signIns = 1_000

t.test('two servers on one PostgreSQL and one Redis are one site', services, async (t) => {
  const site = await startSite(t)
  const { population: { vouched, unproven, twins }, servers, letterbox, origin } = site
  const at = (server: number, cookie: string): Person => createPerson(`http://localhost:${servers[server]!.port}`, letterbox, cookie)

  await t.test('sign out at one, be out at the other', async (t) => {
    const person = createPerson(origin, letterbox)
    t.equal((await person.signIn(vouched[0]!.key)).status, 200, 'started at one, finished at the other')
    const [first, second] = [at(0, person.jar.header()), at(1, person.jar.header())]
    t.equal((await first.get('/me')).status, 200)
    t.equal((await second.get('/me')).status, 200)
    t.equal((await first.post('/auth/logout', {})).status, 204)
    t.equal((await second.get('/me')).status, 401, 'at once: sessionCache is 0')
  })

  await t.test(`${signIns} sign-ins of 100 identities, many at once: no error, no duplicate, nothing lost`, async (t) => {
    const members = [...vouched, ...unproven, ...twins]
    t.equal(members.length, 100)
    const users = new Map<string, Set<string>>()
    const refused: string[] = []
    const queue = Array.from({ length: signIns }, (_, index) => members[(index * 37) % members.length]!)
    // A code is asked for until the account is known: who brings one starts alone.
    const started = new Set<string>()
    await Promise.all(Array.from({ length: 32 }, async () => {
      for (let member = queue.pop(); member !== undefined; member = queue.pop()) await signIn(member)
    }))
    t.same(refused, [])
    for (const member of members) t.equal(users.get(member.key)?.size, 1, `${member.key} was always told the same user`)
    for (const [index, twin] of twins.entries()) t.same(users.get(twin.key), users.get(vouched[index]!.key), 'a twin is merged into the holder, or the holder into the twin')
    t.same(await findFaults(site.database), [])
    const stored = await usersOf(site.database, members)
    for (const member of members) t.ok(users.get(member.key)!.has(stored.get(member.key)!), `${member.key} is stored as acknowledged`)

    async function signIn (member: Member): Promise<void> {
      if (unproven.includes(member) && !users.has(member.key)) {
        // Two codes to one address at once would replace each other in the letterbox of this test.
        if (started.has(member.key)) {
          await wait(20)
          queue.unshift(member)
          return
        }
        started.add(member.key)
      }
      const answer = await createPerson(origin, letterbox).signIn(member.key)
      const userId = userIn(answer)
      if (userId === null) refused.push(`${member.key}: ${answer.status} ${answer.body.slice(0, 200)}`)
      else users.set(member.key, (users.get(member.key) ?? new Set()).add(userId))
    }
  })
  for (const { output } of servers) t.equal(output(), '', 'nothing was logged as an error')
})

async function startSite (t: Parameters<typeof startProxy>[0]) {
  const population = createPopulation({ vouched: 60, unproven: 20, twins: 20, extras: 0 })
  const proxy = await startProxy(t)
  const microsoft = await startSimulatedMicrosoft(t, { tenants: population.tenants, accounts: population.accounts, redirectUris: [`${proxy.origin}/auth/microsoft/callback`] })
  const letterbox = createLetterbox(300)
  const postgres = await startPostgres(t)
  const redis = await startRedis(t)
  const database = await postgres.createDatabase()
  const options = {
    baseUrl: proxy.origin,
    authority: microsoft.authority,
    clientId: microsoft.clientId,
    clientSecret: microsoft.clientSecret,
    secrets: ['two-servers-secret-of-32-characters-or-more'],
    database,
    redis: redis.url,
    sessionCache: 0,
    // Merging ends the holder's sessions, and here everybody signs in at once.
    endSessionsOnMerge: false
  }
  const servers = await Promise.all([startChild(options, letterbox.put), startChild(options, letterbox.put)])
  t.teardown(async () => { await Promise.all(servers.map(async ({ kill }) => await kill())) })
  for (const { port } of servers) proxy.ports.add(port)
  return { population, letterbox, servers, database, origin: proxy.origin }
}

function userIn ({ status, body }: Answer): string | null {
  return status === 200 ? (JSON.parse(body) as { id?: string }).id ?? null : null
}
