import type { LightMyRequestResponse } from 'fastify'
import { signInOf } from '../../plugins/sign-in.ts'
import { createSeal } from '../../src/core/seal.ts'
import { takesLong } from '../patient.ts'
import { program } from '../plugins/app.ts'
import { isRefused, tries } from './trial.ts'
import { startWorld, type World } from './world.ts'

takesLong()

const options = { allowedRedirectUrls: ['https://other.example/**', 'https://*.partner.example/app/*'] }

/** What an open redirect is tried with. The application is https://app.example. */
const evil = [
  'https://evil.example', '//evil.example', '///evil.example', '\\\\evil.example', '/\\evil.example', '/\\/evil.example', '/%2f%2fevil.example', '/%5cevil.example', '/%09/evil.example', '/\t/evil.example',
  'http:evil.example', 'https:/evil.example', 'https:evil.example', 'javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,x', 'vbscript:x', 'blob:https://app.example/x', 'file:///etc/passwd',
  'https://app.example@evil.example', 'https://app.example:pw@evil.example', 'https://app.example.evil.example', 'https://evil.example#app.example', 'https://evil.example?app.example', 'https://app%2eexample', 'https://app.example%00.evil.example',
  'https://\u0430pp.example', 'https://app\u3002example', 'https://[::1]', 'https://2130706433', '/..//evil.example', '/a/..//evil.example', '.evil.example', '@evil.example', '/a\r\nSet-Cookie: x=y', '/\u2215evil.example', '/\uff0fevil.example',
  ' /a', '\x01/a', `/${'x'.repeat(2_048)}`, '/%252f%252fevil.example', ';x', 'https://0x7f.1', 'https://app.example:443@evil.example', 'ws://app.example/', 'intent://x', '', 'https://app.example/../../auth/logout',
  // Hosts and paths that only look like those of the options.
  'http://other.example/x', 'https://other.example.evil.example/x', 'https://evilother.example/x', 'https://other.example:444/x', 'https://partner.example/app/x', 'https://a.b.partner.example/app/x', 'https://evil.example/.partner.example/app/x', 'https://a.partner.example/app/x/y', 'https://other.example/%2e%2e/x'
]

tries('O26', 'a sign-in starts for no target but paths of the application and what the options allow', async (t, engine) => {
  const world = await startWorld(t, engine, { options })
  t.ok(evil.length >= 45, `${evil.length} rows`)
  for (const target of evil) {
    await isRefused(t, world, JSON.stringify(target.slice(0, 60)), { code: 'redirect_not_allowed', attempt: 'kept' }, async () => {
      const response = await world.app.inject({ url: '/auth/microsoft/login', query: { return_to: target }, headers: program })
      t.equal(response.headers['set-cookie'], undefined, 'there is no attempt')
      return { response, sent: [target] }
    })
  }
  await isRefused(t, world, 'two of them', { code: 'redirect_not_allowed', attempt: 'kept' }, async () => await world.app.inject({ url: '/auth/microsoft/login?return_to=/a&return_to=//evil.example', headers: program }))
  t.equal((await finishedAt(world, await started(world, 'return_to[]=//evil.example'))).headers.location, '/auth/account', 'a list under another name is not looked at')
  for (const target of ['/invoices?page=2#top', 'https://other.example/x/y?z', 'https://a.partner.example/app/x']) {
    t.equal((await world.signIn('pat', { query: { return_to: target } })).headers.location, target, `control: ${target}`)
  }
})

tries('O26', 'and ends at no other, whatever an attempt says', async (t, engine) => {
  const world = await startWorld(t, engine, { options })
  for (const target of evil) {
    const response = await finishedAt(world, await started(world), target)
    t.match({ statusCode: response.statusCode, location: response.headers.location }, { statusCode: 303, location: '/auth/account' }, JSON.stringify(target.slice(0, 60)))
  }
  t.equal((await finishedAt(world, await started(world), 'https://other.example/x')).headers.location, 'https://other.example/x', 'control: what is allowed')
})

tries('O28', 'what is not allowed any more when a sign-in ends is not where it ends', async (t, engine) => {
  const [wide, narrow] = [await startWorld(t, engine, { options }), await startWorld(t, engine)]
  for (const [world, location] of [[narrow, '/auth/account'], [wide, 'https://other.example/x']] as const) {
    const { authorizationUrl, cookie } = await wide.begin('pat', { query: { return_to: 'https://other.example/x' } })
    const answer = await world.simulator.fetch(authorizationUrl, { method: 'POST', body: new URLSearchParams({ simulator_account: 'pat' }), redirect: 'manual' })
    const { pathname, search } = new URL(answer.headers.get('location')!)
    const response = await world.app.inject({ url: pathname + search, headers: { ...program, cookie } })
    t.match({ statusCode: response.statusCode, location: response.headers.location }, { statusCode: 303, location }, world === wide ? 'control: where it is still allowed' : 'falls back to the default')
  }
})

interface Started { readonly cookie: string, readonly url: string }

/** A sign-in that Microsoft has sent back. */
async function started (world: World, query = ''): Promise<Started> {
  const start = await world.app.inject({ url: `/auth/microsoft/login?${query}`, headers: program })
  const answer = await world.simulator.fetch(start.headers.location!, { method: 'POST', body: new URLSearchParams({ simulator_account: 'noel' }), redirect: 'manual' })
  const { pathname, search } = new URL(answer.headers.get('location')!)
  return { cookie: [start.headers['set-cookie']!].flat()[0]!.split(';')[0]!, url: pathname + search }
}

/** Ends it; with another target in its attempt, sealed by the keys of the site, which is more than an attacker can do. */
async function finishedAt ({ app }: World, { cookie, url }: Started, returnTo?: string): Promise<LightMyRequestResponse> {
  const [name, value] = cookie.split(/=(.*)/s) as [string, string]
  const seal = createSeal(signInOf(app).keys('attempt'))
  const own = returnTo === undefined ? value : await seal.seal({ ...await seal.open(value) as object, returnTo })
  return await app.inject({ url, headers: { ...program, cookie: `${name}=${own}` } })
}
