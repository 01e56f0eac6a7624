import { request } from 'node:http'
import type { Test } from 'tap'
import { takesLong } from '../patient.ts'
import { startChild } from '../servers/child.ts'
import { findFaults } from '../servers/invariants.ts'
import { runKillLoop } from '../servers/kill-loop.ts'
import { createPopulation } from '../servers/population.ts'
import { startSimulatedMicrosoft } from '../servers/simulated-microsoft.ts'
import { servicesRequired } from '../services.ts'
import type { Engine } from '../store/engines.ts'
import { tries } from './trial.ts'

takesLong()

// The long form is: npm run kill-loop
const kills = servicesRequired ? 10 : 2
const kinds = ['sign-in', 'sign-in by code', 'link', 'sign-out', 'replay refused']

async function survive (t: Test, engine: Engine, ending: 'kill' | 'terminate'): Promise<void> {
  const { done, faults, cutOff } = await runKillLoop(t, await engine.newSharedLocation(t), kills, 1, kinds, ending)
  t.comment(`${JSON.stringify(done)}, cut off: ${cutOff}`)
  t.same(faults, [])
  for (const kind of kinds) t.ok(done[kind]! > 0, `${kind}: the servers had something to lose`)
}

tries('D16', 'servers that are killed in the middle of their work lose, double and half-do nothing', async (t, engine) => await survive(t, engine, 'kill'))

tries('D16', 'servers that are told to end in the middle of their work are gone within ten seconds, and lose nothing either', async (t, engine) => await survive(t, engine, 'terminate'))

interface Answer { readonly status: number, readonly location: string, readonly cookies: string[] }

/** One request to one server, as a browser sends it. */
async function ask (port: number, path: string, cookies: readonly string[]): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    request({ host: 'localhost', port, path, agent: false, headers: { accept: 'application/json', cookie: cookies.join('; ') } }, (response) => {
      response.resume()
      response.on('end', () => resolve({
        status: response.statusCode!,
        location: response.headers.location ?? '',
        cookies: (response.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]!).filter((one) => !one.endsWith('='))
      }))
    }).on('error', reject).end()
  })
}

tries('D23', 'a sign-in that starts at one server and comes back to another, and to both at once, is one', async (t, engine) => {
  const baseUrl = 'http://localhost:9'
  const { accounts, tenants, vouched } = createPopulation({ vouched: 6, unproven: 0, twins: 0, extras: 0 })
  const microsoft = await startSimulatedMicrosoft(t, { accounts, tenants, redirectUris: [`${baseUrl}/auth/microsoft/callback`] })
  const database = await engine.newSharedLocation(t)
  const { authority, clientId, clientSecret } = microsoft
  const options = { baseUrl, authority, clientId, clientSecret, database, secrets: ['one-secret-of-two-servers-of-32-characters'], sessionCache: 0 }
  const servers = [await startChild(options, () => {}), await startChild(options, () => {})]
  t.teardown(async () => { await Promise.all(servers.map(async ({ kill }) => await kill())) })
  const [first, second] = servers.map(({ port }) => port) as [number, number]
  for (const [index, { key }] of vouched.entries()) {
    const start = await ask(first, '/auth/microsoft/login', [])
    const picked = await fetch(start.location, { method: 'POST', body: new URLSearchParams({ simulator_account: key }), redirect: 'manual' })
    const { pathname, search } = new URL(picked.headers.get('location')!)
    const before = microsoft.requests.token!
    const ports = index === 0 ? [second] : [first, second, first, second]
    const answers = await Promise.all(ports.map(async (port) => await ask(port, pathname + search, start.cookies)))
    const inside = answers.filter(({ status, location }) => status === 303 && !location.includes('error'))
    t.equal(inside.length, 1, 'one is signed in')
    t.same(answers.filter((answer) => answer !== inside[0]).map(({ status }) => status), ports.slice(1).map(() => 400), 'and the others are told that they are not')
    t.equal(microsoft.requests.token! - before, 1, 'Microsoft was asked once')
    for (const port of [first, second]) t.equal((await ask(port, '/me', inside[0]!.cookies)).status, 200, 'both servers know')
  }
  for (const { kill } of servers) await kill()
  t.same(await findFaults(database), [])
})
