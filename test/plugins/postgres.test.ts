import { readFileSync, readdirSync } from 'node:fs'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import entra from '../../plugins/fastify-entra.ts'
import { signInAs } from '../../plugins/simulator.ts'
import { sharedPostgres } from '../postgres.ts'
import { needsPostgres } from '../services.ts'
import { rule } from '../store/engines.ts'
import { setNodeEnv } from '../node-env.ts'
import { httpsApp, program } from './app.ts'

rule('somebody signs in, is known, signs in again and out', async (t, engine) => {
  const test = await httpsApp(t, { database: await engine.newLocation(t), use_email_as_identifier: true })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const me = async (cookie: string) => (await test.app.inject({ url: '/me', headers: { ...program, cookie } }))
  const user = (await me(cookie)).json()
  t.match(user, { displayName: 'Ada Lovelace', email: { address: 'ada@contoso.example', verified: true } })
  const again = await test.simulator.signIn(test.app, 'ada')
  t.equal((await me(again.cookie)).json().id, user.id)
  await test.app.accounts.disable(user.id)
  t.equal((await me(again.cookie)).statusCode, 401)
})

rule('a NUL in a display name keeps nobody out, and one in an id that is looked for is a mistake of whoever asks (E20)', async (t, engine) => {
  const test = await httpsApp(t, { database: await engine.newLocation(t) }, {
    simulator: { redirectUris: ['https://app.example/auth/microsoft/callback'], accounts: [{ key: 'nul', tenant: 'contoso.example', name: 'A\0da', claims: { email: 'ada@contoso.example' } }] }
  })
  const { cookie } = await test.simulator.signIn(test.app, 'nul')
  t.match((await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json(), { displayName: 'Ada' })
  await t.rejects(test.app.accounts.find('a\0b'), { code: 'invalid_request', detail: { reason: 'nul_in_text' } })
})

/** Options of a production server. */
const real = { baseUrl: 'https://app.example', clientId: '11111111-aaaa-bbbb-cccc-000000000001', clientSecret: 'a~secret~value', secrets: ['s'.repeat(32)] }

/** What a boot says: its log, and the message where it fails. */
async function saidBy (t: Test, database: string): Promise<string> {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'trace', stream: { write: (line: string) => { lines.push(line) } } } })
  t.teardown(async () => await app.close())
  const failure = await app.register(entra, { ...real, database }).ready().then(() => '', (error: Error) => error.message)
  return lines.join('') + failure
}

t.test('a server', needsPostgres(), async (t) => {
  const server = await sharedPostgres()

  t.test('in development keeps its secret where it runs', async (t) => {
    const before = process.cwd()
    t.teardown(() => process.chdir(before))
    process.chdir(t.testdir())
    const database = await server.createDatabase()
    const app = Fastify()
    await app.register(entra, { baseUrl: 'http://localhost:3000', database })
    await signInAs(app, 'ada')
    await app.close()
    t.same(readdirSync('.'), ['fastify-entra.secret'])
    t.ok(readFileSync('fastify-entra.secret', 'utf8').length >= 32)
  })

  t.test('in production warns where the way to its database is open, and never shows the password', async (t) => {
    setNodeEnv(t, 'production')
    const location = (await server.createDatabase()).replace('postgres@', 'postgres:hush@')
    t.notMatch(await saidBy(t, location), /whoever is between|hush|cannot/)
    const exposed = await saidBy(t, 'postgres://me:hush@db.invalid/app')
    t.match(exposed, /"level":40.*whoever is between this server and .*db\.invalid:5432\/app.* can read and change accounts and sessions/)
    t.match(exposed, /"db\.invalid:5432\/app" cannot be reached \(/)
    t.notMatch(exposed, /hush/)
  })
})
