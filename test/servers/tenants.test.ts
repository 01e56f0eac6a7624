import Fastify from 'fastify'
import t, { type Test } from 'tap'
import entra, { type EntraOptions } from '../../plugins/fastify-entra.ts'
import { personalTenant } from '../../src/core/personal-tenant.ts'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import { builtInTenants } from '../../src/simulator/tenants.ts'
import { takesLong } from '../patient.ts'
import { reservePort } from '../ports.ts'
import { createLetterbox, createPerson } from './person.ts'
import { type SimulatedMicrosoft, startSimulatedMicrosoft } from './simulated-microsoft.ts'

takesLong()

const contoso = builtInTenants.contoso.id
const mallorys = builtInTenants.mallory.id

interface Site {
  readonly microsoft: SimulatedMicrosoft
  /** Signs somebody in with a browser of their own: the tenant of who is signed in then, or what was answered in its place. */
  readonly visit: (account: string) => Promise<string>
}

/** An application and a simulated Microsoft, each at a port of its own: nothing goes from the one to the other but HTTP. */
async function startSite (t: Test, options: Partial<EntraOptions>, simulator: SimulatorOptions = {}): Promise<Site> {
  const port = await reservePort()
  const baseUrl = `http://localhost:${port}`
  const microsoft = await startSimulatedMicrosoft(t, { redirectUris: [`${baseUrl}/auth/microsoft/callback`], ...simulator })
  const app = Fastify({ keepAliveTimeout: 600_000, forceCloseConnections: true })
  const { authority, clientId, clientSecret } = microsoft
  await app.register(entra, { baseUrl, authority, clientId, clientSecret, secrets: ['test-secret-of-at-least-32-characters'], database: ':memory:', ...options })
  app.get('/me', { onRequest: app.requireUser }, (request) => request.user)
  await app.listen({ port, host: 'localhost' })
  t.teardown(async () => await app.close())
  return {
    microsoft,
    visit: async (account) => {
      const { status, body } = await createPerson(baseUrl, createLetterbox()).signIn(account)
      if (status === 200) return JSON.parse(body).identity.tid
      return `${status} ${/"code":"(\w+)"/.exec(body)?.[1] ?? /AADSTS\d+/.exec(body)?.[0]}`
    }
  }
}

t.test('a journey over HTTP for each kind of tenant', async (t) => {
  for (const [tenant, lets, refuses] of [
    ['common', { ada: contoso, pat: personalTenant, mallory: mallorys }, {}],
    ['organizations', { ada: contoso, mallory: mallorys }, { pat: '400 AADSTS50020' }],
    ['consumers', { pat: personalTenant }, { ada: '400 AADSTS50020' }],
    [contoso, { ada: contoso, grace: contoso }, { pat: '400 AADSTS50020', mallory: '400 AADSTS50020' }],
    ['contoso.example', { ada: contoso }, { mallory: '400 AADSTS50020' }]
  ] as const) {
    const { microsoft, visit } = await startSite(t, { tenant })
    for (const [account, tid] of Object.entries(lets)) t.equal(await visit(account), tid, `${account} at ${tenant}`)
    for (const [account, answer] of Object.entries(refuses)) t.equal(await visit(account), answer, `${account} at ${tenant}`)
    t.equal(microsoft.requests.discovery, tenant.includes('.') ? 1 : 0, 'a domain is looked up once')
    t.equal(microsoft.requests.keys, 1, 'keys are fetched once')
  }
})

t.test('a list or a function narrows it, over HTTP as well', async (t) => {
  for (const allowedTenants of [[contoso], async (tid: string) => tid === contoso]) {
    const { visit } = await startSite(t, { allowedTenants })
    t.equal(await visit('ada'), contoso)
    t.equal(await visit('mallory'), '403 tenant_not_allowed')
    t.equal(await visit('pat'), '403 tenant_not_allowed')
  }
})

t.test('keys of the application\'s own are found by its id, over HTTP as well', async (t) => {
  const simulator = { appSpecificKeys: true }
  t.equal(await (await startSite(t, { tenant: contoso, appSpecificKeys: true }, simulator)).visit('ada'), contoso)
  t.equal(await (await startSite(t, { tenant: contoso }, simulator)).visit('ada'), '401 invalid_token')
})

t.test('single-tenant registration: the wrong kind of tenant is refused by Microsoft, with its number', async (t) => {
  const simulator = { signInAudience: 'AzureADMyOrg', tenantId: contoso } as const
  const { visit } = await startSite(t, { tenant: 'common' }, simulator)
  t.equal(await visit('ada'), '400 AADSTS50194')
  t.equal(await (await startSite(t, { tenant: contoso }, simulator)).visit('ada'), contoso)
})
