// An application as a program of its own, at an authority whose answers are too large: node flooded-process.ts '{"authority":…}'.
// Tells its parent what its sign-ins came to, and how much more memory it needed for them at its worst.
import Fastify from 'fastify'
import entra from '../../plugins/fastify-entra.ts'
import { navigation, program } from '../plugins/app.ts'

const { authority, tries } = JSON.parse(process.argv[2]!) as { authority: string, tries: number }
const clock = { now: Date.UTC(2021, 10, 22) }
const app = Fastify({ trustProxy: true })
await app.register(entra, {
  baseUrl: 'https://app.example',
  clientId: '11111111-aaaa-bbbb-cccc-000000000001',
  clientSecret: 'a~client~secret',
  authority,
  secrets: ['test-secret-of-at-least-32-characters'],
  database: ':memory:',
  environment: { now: () => clock.now, limits: { timeout: 300_000, size: 1_048_576 } }
})

async function signIn (): Promise<string> {
  // Whatever failed last is tried anew.
  clock.now += 600_000
  const start = await app.inject({ url: '/auth/microsoft/login', headers: navigation })
  const state = new URL(start.headers.location!).searchParams.get('state')!
  const cookie = start.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  return (await app.inject({ url: `/auth/microsoft/callback?code=x&state=${state}`, headers: { ...program, cookie } })).json().code
}

const codes = new Set<string>()
// What the first ones need stays: code that is compiled, buffers that are pooled.
for (let attempt = 0; attempt < 5; attempt++) codes.add(await signIn())
gc!()
const before = process.memoryUsage.rss()
for (let attempt = 0; attempt < tries; attempt++) codes.add(await signIn())
const worst = process.resourceUsage().maxRSS * 1_024
process.send!({ codes: [...codes], growth: worst - before })
process.disconnect()
await app.close()
