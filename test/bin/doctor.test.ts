import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import entra, { type EntraOptions } from '../../plugins/fastify-entra.ts'
import { createSimulator, type SimulatorKitOptions } from '../../plugins/simulator.ts'
import { rightRegistration } from '../diagnosis/set-up.ts'
import { tokenOfSimulator } from '../diagnosis/token-of-simulator.ts'
import { temporaryFolder } from '../store/database.ts'
import { machine } from './command-line.ts'

const now = 1_000_000_000_000

/** Options of an application at a simulated Microsoft of its own. */
function optionsAt (t: Pick<Test, 'teardown'>, simulated: SimulatorKitOptions = {}, given: Partial<EntraOptions> = {}): EntraOptions {
  const environment = { now: () => now }
  const simulator = createSimulator({ ...rightRegistration, environment, ...simulated })
  t.teardown(async () => await simulator.close())
  const { clientId, clientSecret, fetch, agent } = simulator
  return { baseUrl: 'https://app.example', clientId, clientSecret, database: ':memory:', secrets: ['test-secret-of-at-least-32-characters'], environment: { ...environment, fetch, agent }, ...given }
}

/** A module that registers fastify-entra at an instance that it makes, and listens. */
const listening = (options: EntraOptions) => async (): Promise<unknown> => {
  const app = Fastify({ trustProxy: true, logger: true })
  await app.register(entra, options)
  await app.listen({ port: 0 })
  return {}
}

t.test('the doctor finds nothing wrong with a right set-up, and says so by its exit code', async (t) => {
  const { run } = machine({}, { importModule: listening(optionsAt(t)) })
  const said = await run('doctor', './app.js')
  t.equal(said.code, 0, said.output + said.errors)
  t.match(said.output, /^https:\/\/app\.example, client 75dc5961[^]*right {4}The redirect URL is registered[^]*unknown {2}The optional claims arrive: Nobody has signed in yet[^]*\n\nNothing is wrong\.$/)
  t.equal(said.errors, '')
  const { application, findings, checklist } = (await run('doctor', './app.js', '--json')).json()
  t.match(application, { baseUrl: 'https://app.example', tenant: 'common', simulated: false })
  t.same([findings, checklist.length], [[], 9])
})

t.test('where a simulator stands in for Microsoft, the doctor says that it is about that', async (t) => {
  const { run } = machine({}, { importModule: listening({ baseUrl: 'http://localhost:3000', database: ':memory:', secrets: ['test-secret-of-at-least-32-characters'] }) })
  const said = await run('doctor', './app.js')
  t.match(said.output, /^http:\/\/localhost:3000: a simulator stands in for Microsoft, so this is about it\n[^]*Nothing is wrong\.$/)
  t.equal(said.code, 0)
})

t.test('what is wrong is printed with its remedy, and makes the exit code 1', async (t) => {
  const { run } = machine({}, { importModule: listening(optionsAt(t, { redirectUris: [] }, { use_email_as_identifier: true, allow_email_account_merge: true })) })
  const said = await run('doctor', './app.js')
  t.equal(said.code, 1)
  t.match(said.output, /error: redirect_url_unregistered\n {2}The redirect URL \S+ is not registered[^]*\n {2}Remedy: Add it in the Azure portal[^]*warning: merge_unproven[^]*\n\n1 error, 1 warning\.$/)
  t.match((await run('doctor', './app.js', '--json')).json().findings, [{ id: 'redirect_url_unregistered', severity: 'error', remedy: /Azure portal/ }, { id: 'merge_unproven', severity: 'warning' }])
})

t.test('warnings alone are no failure, unless they shall be', async (t) => {
  const { run } = machine({}, { importModule: listening(optionsAt(t, {}, { use_email_as_identifier: true, allow_email_account_merge: true })) })
  t.match(await run('doctor', './app.js'), { code: 0, output: /0 errors, 1 warning\.$/ })
  t.equal((await run('doctor', './app.js', '--strict')).code, 1)
  t.match((await run('doctor', './app.js', '--json', '--strict')).code, 1)
})

t.test('an application is loaded in each of its shapes, and closed again', async (t) => {
  const options = optionsAt(t)
  const closed: string[] = []
  const make = (shape: string) => {
    const app = Fastify({ trustProxy: true })
    app.addHook('onClose', async () => { closed.push(shape) })
    return app
  }
  const shapes: Record<string, () => Promise<unknown>> = {
    'an instance, exported': async () => ({ default: make('an instance, exported').register(entra, options) }),
    'an instance, not exported, that listens with a callback': async () => {
      const app = make('an instance, not exported, that listens with a callback')
      app.register(entra, options)
      await new Promise((resolve) => app.listen({ port: 0 }, resolve))
      return {}
    },
    'a plugin': async () => ({
      default: async (app: ReturnType<typeof make>) => {
        app.addHook('onClose', async () => { closed.push('a plugin') })
        await app.register(entra, options)
      }
    }),
    'a plugin with a callback': async () => ({
      default: (app: ReturnType<typeof make>, _options: object, done: () => void) => {
        app.addHook('onClose', async () => { closed.push('a plugin with a callback') })
        app.register(entra, options)
        done()
      }
    }),
    'a function that gives an instance': async () => ({ default: async () => await make('a function that gives an instance').register(entra, options) }),
    'in a scope of its own': async () => ({ default: make('in a scope of its own').register(async (scope) => { await scope.register(entra, options) }) })
  }
  for (const [shape, importModule] of Object.entries(shapes)) {
    const { run } = machine({}, { importModule })
    const said = await run('doctor', './app.js', '--json')
    t.equal(said.json().application.baseUrl, 'https://app.example', shape)
    t.same(closed.splice(0), [shape])
  }
})

t.test('an application that cannot be loaded is told as one, and options that are refused are a finding', async (t) => {
  const failing = async (importModule: () => Promise<unknown>) => await machine({}, { importModule }).run('doctor', './app.js')
  t.match(await failing(async () => { throw new TypeError('no such thing') }), { code: 1, output: '', errors: /"\.\/app\.js" cannot be loaded: TypeError: no such thing/ })
  // eslint-disable-next-line no-throw-literal
  t.match(await failing(async () => { throw 'a text' }), { code: 1, errors: /cannot be loaded: it threw: a text/ })
  t.match(await failing(async () => ({ default: 1 })), { code: 1, errors: /makes no Fastify instance/ })
  t.match(await failing(async () => ({ default: Fastify() })), { code: 1, errors: /registers no fastify-entra/ })
  t.match(await failing(listening(optionsAt(t, {}, { threshold: 20 }))), { code: 1, output: /error: application_refused\n.*"threshold" must be an integer from 50 to 100, but 20 was given\.[^]*1 error, 0 warnings/ })
  t.match(await machine().run('doctor', '/nowhere/app.js'), { code: 1, errors: /cannot be loaded: Error: Cannot find/ })
})

t.test('without an application the variables are meant', async (t) => {
  const { run, variables } = machine()
  t.match(await run('doctor'), { code: 2, errors: /give the module of the application, or set the variables BASE_URL, CLIENT_ID and CLIENT_SECRET/ })
  Object.assign(variables, { BASE_URL: 'https://app.example', CLIENT_ID: '75dc5961-e437-46ec-aed8-b15e9eba24db' })
  t.match(await run('doctor'), { code: 1, output: /error: application_refused\n.*"clientSecret" is missing/ })
  const options = optionsAt(t)
  const { fetch } = globalThis
  globalThis.fetch = options.environment!.fetch!
  t.teardown(() => { globalThis.fetch = fetch })
  Object.assign(variables, { CLIENT_SECRET: options.clientSecret, TENANT: 'common' })
  const said = await run('doctor', '--json')
  // The simulator there is of long ago: its clock is what is wrong.
  t.same(said.json().findings.map(({ id }: { id: string }) => id), ['clock_wrong'])
  t.equal(said.code, 1)
})

t.test('a manifest and a token that arrived are looked at, and wrong ones are refused', async (t) => {
  const options = optionsAt(t, { acceptMappedClaims: true })
  const folder = temporaryFolder(t)
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const { manifest, token } = await tokenOfSimulator(t, { optionalClaims: ['email'] })
  const { run } = machine({}, { importModule: listening(options), input: token })
  const files = ['--manifest', write('manifest.json', JSON.stringify(manifest)), '--token-file', write('token', token)]
  const found = (await run('doctor', './app.js', '--json', ...files)).json().findings.map(({ id }: { id: string }) => id)
  t.same(found, ['mapped_claims_accepted', 'xms_edov_missing', 'claims_missing', 'unverified_email_kept'])
  t.match((await run('doctor', './app.js', '--token-file', '-')).output, /warning: xms_edov_missing/)
  t.match(await run('doctor', './app.js', '--manifest', write('wrong.json', '[')), { code: 1, output: '', errors: /--manifest: the file is no application manifest/ })
  t.match(await run('doctor', './app.js', '--manifest', write('other.json', '{}')), { code: 1, errors: /no application manifest/ })
  t.match(await run('doctor', './app.js', '--token-file', write('wrong', 'secret-word')), { code: 1, output: '', errors: /there is no ID token in it/ })
})

t.test('colours are for terminals whose user wants them', async (t) => {
  const importModule = listening(optionsAt(t))
  const isColoured = async (isTerminal: boolean, variables: Record<string, string>): Promise<boolean> =>
    (await machine(variables, { isTerminal, importModule }).run('doctor', './app.js')).output.includes('\x1b[')
  t.same([await isColoured(true, {}), await isColoured(true, { NO_COLOR: '' })], [true, true])
  t.same([await isColoured(false, {}), await isColoured(true, { NO_COLOR: '1' }), await isColoured(true, { TERM: 'dumb' })], [false, false, false])
})

t.test('what takes longer than a second says what is waited for', async (t) => {
  const importModule = listening(optionsAt(t))
  const waits: number[] = []
  let calledOff = 0
  const later = (milliseconds: number, work: () => void) => {
    waits.push(milliseconds)
    work()
    return () => { calledOff += 1 }
  }
  t.equal((await machine({}, { importModule, later }).run('doctor', './app.js')).errors, 'fastify-entra: still loading the application …\nfastify-entra: still asking https://login.microsoftonline.com …')
  t.same([waits, calledOff], [[1_000, 1_000], 2])
})
