import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import Fastify, { type FastifyInstance } from 'fastify'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import entra, { type EntraOptions } from '../../plugins/fastify-entra.ts'
import { signInAs } from '../../plugins/simulator.ts'
import { simulatorKey } from '../../plugins/simulator/key.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { signingKeys } from '../../src/simulator/keys.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, program, type TestApp } from './app.ts'
import { codesApp, cookiesOf, withCodes } from './codes.ts'

takesLong()

const secrets = ['test-secret-of-at-least-32-characters']
const boss = 'boss@corp.example'
const ownScript = { accept: 'application/json', 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }

/** A server with the simulator, as somebody starts it by mistake with the database and the secrets of the real one. */
async function simulatedApp (t: Pick<Test, 'teardown'>, options: Partial<EntraOptions>, before?: (app: FastifyInstance) => Promise<void>): Promise<FastifyInstance> {
  await signingKeys()
  const app = Fastify()
  await before?.(app)
  await app.register(entra, { baseUrl: 'http://localhost:3000', secrets, ...options })
  app.get('/me', { onRequest: app.requireUser }, (request) => request.user)
  t.teardown(async () => await app.close())
  return app
}

/** The simulator has the clock of the machine, and so has whoever shares a database with it. */
function now<App extends TestApp> (test: App): App {
  test.clock.now = Date.now()
  return test
}

/** A cookie of ours, whatever http or https puts around its name. */
const valueOf = (cookies: Record<string, string>, name: string): string => Object.entries(cookies).find(([one]) => one.includes(name))![1]

const statusOfMe = async (app: FastifyInstance, cookie: string) => (await app.inject({ url: '/me', headers: { ...program, cookie } })).statusCode

t.test('a session of a simulator is nobody\'s where Microsoft is asked, with the same database and secrets', async (t) => {
  const shared = { database: join(t.testdir(), 'app.sqlite'), secrets }
  const real = now(await httpsApp(t, shared))
  await real.app.accounts.invite({ email: boss })
  const simulated = await simulatedApp(t, shared)
  const { cookie, cookies } = await signInAs(simulated, 'ada', { claims: { email: boss } })
  t.equal(await statusOfMe(real.app, `__Host-entra-session=${valueOf(cookies, 'entra-session')}`), 401)

  t.equal(await statusOfMe(simulated, cookie), 200, 'it is one')
  t.equal(await statusOfMe(await simulatedApp(t, shared), cookie), 200, 'and at another server with the simulator')
})

t.test('two servers that ask Microsoft share their sessions', async (t) => {
  const shared = { database: join(t.testdir(), 'app.sqlite'), secrets }
  const [one, two] = [await httpsApp(t, shared), await httpsApp(t, shared)]
  const { cookie } = await one.simulator.signIn(one.app, 'ada')
  t.equal(await statusOfMe(two.app, cookie), 200)
})

t.test('so it is where an application\'s own @fastify/session signs the cookie, with a secret and a store for both', async (t) => {
  const shared = { database: join(t.testdir(), 'app.sqlite'), secrets }
  const kept = new Map<string, object>()
  const own = (secure: boolean) => async (app: FastifyInstance) => {
    await app.register(fastifyCookie)
    await app.register(fastifySession, { secret: 'own-secret-of-more-than-32-characters', cookieName: 'own', cookie: { sameSite: 'lax', secure }, store: new fastifySession.MemoryStore(kept as never) })
  }
  const real = now(await httpsApp(t, shared, { before: own(true) }))
  const other = now(await httpsApp(t, shared, { before: own(true) }))
  await real.app.accounts.invite({ email: boss })
  const simulated = await simulatedApp(t, shared, own(false))
  const { cookie } = await signInAs(simulated, 'ada', { claims: { email: boss } })
  t.match(cookie, /^own=/)
  t.equal(await statusOfMe(simulated, cookie), 200, 'it is one')
  t.equal(await statusOfMe(real.app, cookie), 401)
  t.equal(await statusOfMe(other.app, cookie), 401)
})

t.test('the name of a session is that of its row, in either world', async (t) => {
  const keys = async (app: FastifyInstance) => await signInOf(app).database.run(async (db) => (await db.selectFrom('sessions').select('key').execute()).map(({ key }) => key))
  const nameOf = (app: FastifyInstance) => app.get('/name', (request) => ({ name: signInOf(app).sessionOf!(request) }))
  const real = await httpsApp(t, {}, { before: nameOf })
  const simulated = await simulatedApp(t, { database: ':memory:' }, async (app) => { nameOf(app) })
  for (const [app, { cookie }] of [[real.app, await real.simulator.signIn(real.app, 'ada')], [simulated, await signInAs(simulated, 'ada')]] as const) {
    const { name } = (await app.inject({ url: '/name', headers: { ...program, cookie } })).json()
    t.same([name], await keys(app))
  }
})

t.test('a code of a simulator proves nothing where Microsoft is asked, with the same database and secrets', async (t) => {
  const shared = { database: join(t.testdir(), 'app.sqlite'), secrets, ...withCodes, allow_email_account_merge: true }
  const real = now(await codesApp(t, shared))
  await real.app.accounts.invite({ email: boss })
  const simulated = await simulatedApp(t, shared)
  const { cookie, cookies } = await signInAs(simulated, 'amir', { claims: { email: boss } })
  const id = valueOf(cookies, 'entra-code')
  const code = /\b\d{6}\b/.exec(simulated[simulatorKey].mails[0]!.text)![0]
  const before = await real.rows(['used_attempts'])
  const refused = await real.json(`__Host-entra-code=${id}`, { code })
  t.match(refused.json(), { statusCode: 400, code: 'otp_expired' })
  t.notOk(Object.keys(cookiesOf(refused)).some((name) => name.includes('session')))
  t.equal(await real.rows(['used_attempts']), before)

  const another = await simulatedApp(t, shared)
  const taken = await another.inject({ method: 'POST', url: '/auth/code', headers: { ...ownScript, cookie }, payload: JSON.stringify({ code }) })
  t.equal(taken.statusCode, 200, 'at another server with the simulator it does')
})

t.test('a sign-in that waits at one authority does not go on at another', async (t) => {
  const shared = { database: join(t.testdir(), 'app.sqlite'), secrets }
  const china = await codesApp(t, { ...shared, authority: 'https://login.partner.microsoftonline.cn' })
  const [one, two] = [await codesApp(t, shared), await codesApp(t, shared)]
  const first = await one.begin('amir')
  const refused = await china.json(first.cookie, { code: one.code() })
  t.match(refused.json(), { statusCode: 400, code: 'invalid_state' })
  t.match(china.log(), '"reason":"other_authority"')
  t.equal(await china.app.accounts.findByEmail('amir@contoso.example'), null)
  t.notOk(Object.keys(cookiesOf(refused)).some((name) => name.includes('session')))

  const second = await one.begin('amir')
  t.equal((await two.json(second.cookie, { code: one.code() })).statusCode, 200, 'at another server of the same one it does')
})

t.test('a simulator is known by its address, also where it runs in another process', async (t) => {
  const options = { database: ':memory:', clientId: '75dc5961-e437-46ec-aed8-b15e9eba24db', clientSecret: 'a-secret~value' }
  const simulated = await simulatedApp(t, { ...options, authority: 'http://localhost:4000' })
  const real = await simulatedApp(t, options)
  t.same([simulated, real].map((app) => signInOf(app).isSimulatedWorld), [true, false])
  t.not(signInOf(simulated).keys('csrf')[0]!.toString('hex'), signInOf(real).keys('csrf')[0]!.toString('hex'))
})
