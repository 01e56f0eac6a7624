import { join } from 'node:path'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import entra, { type EntraOptions } from '../../plugins/fastify-entra.ts'
import linking from '../../plugins/linking.ts'
import provider from '../../plugins/provider.ts'
import session from '../../plugins/session.ts'
import simulator from '../../plugins/simulator.ts'
import verification from '../../plugins/verification.ts'
import { setNodeEnv } from '../node-env.ts'
import { temporaryFolder } from '../store/database.ts'
import { httpsApp } from './app.ts'
import { withCodes } from './codes.ts'

const baseUrl = 'http://localhost:3000'
const azure = { baseUrl: 'https://app.example', clientId: '75dc5961-e437-46ec-aed8-b15e9eba24db', clientSecret: 'a-secret~value', secrets: ['test-secret-of-at-least-32-characters'] }

async function boot (t: Test, options: Partial<EntraOptions>): Promise<unknown> {
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(entra, { baseUrl, database: ':memory:', ...options })
  return await app.ready()
}

const wrong = async (t: Test, options: Partial<EntraOptions>, message: RegExp) => await t.rejects(boot(t, options), { code: 'FST_ENTRA_CONFIGURATION', message })

t.test('codes without identifiers are a boot error', async (t) => {
  await wrong(t, { verify_email: true }, /"verify_email" is on, and "use_email_as_identifier" is off/)
  await t.resolves(boot(t, withCodes))
})

t.test('codes without a mailer are a boot error, but for where the simulator stands in for Microsoft', async (t) => {
  await wrong(t, { ...azure, ...withCodes }, /"verify_email" is on, and nothing can mail the codes\. Give option "mailer"/)
  await t.resolves(boot(t, { ...azure, ...withCodes, mailer: async () => {} }))
  setNodeEnv(t, 'production')
  await wrong(t, { ...azure, database: join(temporaryFolder(t), 'accounts.sqlite'), ...withCodes, rateLimit: false }, /nothing can mail the codes/)
})

t.test('codes without the plugins that mail and take them are a boot error', async (t) => {
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(simulator, { baseUrl })
  await app.register(provider, { baseUrl, database: ':memory:' })
  await app.register(verification)
  await app.register(linking, withCodes)
  await app.register(session)
  await t.rejects(async () => await app.ready(), { code: 'FST_ENTRA_CONFIGURATION', message: /Register the session, mail and codes plugins, too/ })
})

t.test('a wrong path or page is a boot error', async (t) => {
  for (const codePath of ['auth/code', '/auth/code/', '/auth/:code', '//evil.example']) await wrong(t, { ...withCodes, codePath }, /option "codePath" must be a plain path/)
  for (const codePageUrl of ['ftp://spa.example/code', '//evil.example', 'code', 7 as never]) await wrong(t, { ...withCodes, codePageUrl }, /option "codePageUrl" must be a path of this site/)
  for (const codePageUrl of ['/auth/code', '/auth/microsoft/login', '/a\\b', 'https://spa.example/code']) await wrong(t, { ...withCodes, codePageUrl }, /option "codePageUrl" is .* a route of the sign-in itself/)
  await wrong(t, { mailer: { sendMail: async () => {} } }, /"mailFrom" is missing/)
})

t.test('an option of the codes that has nothing to do is said to be so', async (t) => {
  const idle = await httpsApp(t, { codePath: '/auth/one-time' })
  t.match(idle.log(), /option \\"codePath\\" has nothing to do while \\"verify_email\\" is off/)
  const busy = await httpsApp(t, { ...withCodes, mailer: async () => {}, codePath: '/auth/one-time' })
  t.notMatch(busy.log(), 'has nothing to do')
})
