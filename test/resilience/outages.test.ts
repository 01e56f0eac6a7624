import t, { type Test } from 'tap'
import type { FetchLimits } from '../../src/core/environment.ts'
import { takesLong } from '../patient.ts'
import { clientSecret, exposedApp, type ExposedApp } from './app.ts'
import { type Endpoint } from './failing-microsoft.ts'
import { type Failure, failures, gzipBomb, slowFailures } from './faults.ts'

takesLong()

const endpoints: ReadonlyArray<[Endpoint, what: string, tenant: string]> = [
  ['token', 'the code is redeemed', 'common'], ['keys', 'the keys are fetched', 'common'], ['discovery', 'the tenant of a domain is looked up', 'contoso.example']
]
/** Milliseconds: a time-out that must not come, however busy the machine is. */
const patient: FetchLimits = { timeout: 300_000, size: 1_048_576 }
/** The type is looked at for tokens alone, by the HTTP client; elsewhere the content decides. */
const mistyped: Failure = {
  title: 'JSON that calls itself text',
  fault: (_request, response) => { response.writeHead(200, { 'content-type': 'text/plain' }).end('{"id_token":"a.b.c","access_token":"a","token_type":"Bearer"}') },
  status: 502,
  code: 'provider_error'
}
const bomb: Failure = { title: 'a gzip bomb of 100 MB', fault: gzipBomb(), status: 502, code: 'provider_error' }

for (const [endpoint, what, tenant] of endpoints) {
  t.test(`when ${what}`, async (t) => {
    // What was looked up once is kept for good: there, each failure needs an application that is new.
    const shared = endpoint === 'discovery' ? null : await exposedApp(t, patient, { tenant })
    for (const failure of [...failures, bomb, ...(endpoint === 'token' ? [mistyped] : [])]) {
      await t.test(`${failure.title}: ${failure.code}`, async (t) => {
        await showsAndHeals(t, endpoint, failure, shared ?? await exposedApp(t, patient, { tenant }))
      })
    }
    for (const failure of slowFailures) {
      await t.test(`${failure.title}: ${failure.code}, and the connection is closed`, async (t) => {
        // On a busy machine a time-out may come before the request does: then a longer one is tried.
        for (const timeout of [300, 3_000, 30_000]) {
          const world = await exposedApp(t, { ...patient, timeout }, { tenant })
          if (await showsAndHeals(t, endpoint, failure, world, timeout === 30_000)) return
        }
      })
    }
  })
}

/** Says whether the failure was met at all: that is asserted where `mustBeMet`. */
async function showsAndHeals (t: Test, endpoint: Endpoint, failure: Failure, world: ExposedApp, mustBeMet = true): Promise<boolean> {
  const { microsoft, clock, log } = world
  const sent = microsoft.requests.token
  // The keys of the sign-in before are too old by now.
  clock.now += 25 * 3_600_000
  const before = await world.rows()
  const logged = log().length
  await microsoft.fail(endpoint, failure.fault)
  const refused = await world.signIn()
  const wasMet = endpoint === 'token' || microsoft.requests.token === sent + 1
  if (!wasMet && !mustBeMet) return false

  t.match(refused.json(), { statusCode: failure.status, code: failure.code })
  t.equal(refused.statusCode, failure.status)
  t.equal(refused.headers['retry-after'], failure.retryAfter)
  t.notMatch(String(refused.headers['set-cookie']), /session/, 'nobody is signed in')
  t.equal(await world.rows(), before, 'nothing is stored')
  t.match(log().slice(logged), failure.reason ?? new RegExp(`"reason":"${endpoint === 'discovery' ? 'configuration' : endpoint}_`))
  const code = new URL(refused.raw.req.url!, 'https://app.example').searchParams.get('code')!
  for (const canary of [clientSecret, code]) t.notMatch(log(), canary)
  await microsoft.letGo()

  await microsoft.heal()
  t.match((await world.again(refused)).json(), { code: 'invalid_state' }, 'the attempt is burnt')
  t.ok(microsoft.requests.token <= sent + 1, 'a code is never sent twice')
  clock.now += 60_000
  t.equal((await world.signIn()).statusCode, 303, 'and it heals by itself')
  return true
}
