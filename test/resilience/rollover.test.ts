import { decodeJwt } from 'jose'
import t from 'tap'
import { signIdToken } from '../../src/simulator/id-token.ts'
import { signingKeys } from '../../src/simulator/keys.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, program } from '../plugins/app.ts'

takesLong()

const hour = 3_600_000

t.test('when Microsoft signs with a new key, fifty people who sign in at once all get in, for one fetch (D09)', async (t) => {
  const { app, simulator } = await httpsApp(t)
  t.equal((await simulator.signIn(app, 'ada')).statusCode, 303)
  t.equal(simulator.requests.keys, 1)
  await simulator.rotateKeys()
  const statuses = await Promise.all(Array.from({ length: 50 }, async (_, index) => (await simulator.signIn(app, index % 2 === 0 ? 'ada' : 'pat')).statusCode))
  t.same(new Set(statuses), new Set([303]))
  t.equal(simulator.requests.keys, 2)
})

t.test('a key that Microsoft takes back in an emergency is good for an hour at most, also where nobody signed in for hours (D10)', async (t) => {
  const stolen = await signingKeys()
  for (const idle of [1, 7, 23]) {
    const { app, simulator, clock } = await httpsApp(t)
    t.equal((await simulator.signIn(app, 'ada')).statusCode, 303)
    await simulator.rotateKeys()
    simulator.removeOldKeys()
    const forge = async (): Promise<string> => {
      simulator.setTokenResponseHook(async (body) => {
        const claims = decodeJwt(String(body.id_token))
        return { ...body, id_token: await signIdToken(claims, String(claims.tid), stolen) }
      })
      const { response } = await simulator.signIn(app, 'ada', { headers: program })
      simulator.setTokenResponseHook(null)
      return response.statusCode === 303 ? 'signed in' : response.json().code
    }
    clock.now += hour - 1_000
    t.equal(await forge(), 'signed in', 'within the hour nobody here knows')
    clock.now += (idle - 1) * hour + 1_000
    t.equal(await forge(), 'invalid_token', `the first token of it after ${idle} h is refused`)
    t.equal((await simulator.signIn(app, 'ada')).statusCode, 303, 'one by the new key is not')
    t.equal(simulator.requests.keys, 2)
  }
})

t.test('while the key document cannot be had, people sign in for 24 hours more, and then nobody, until it is back (D08)', async (t) => {
  const { simulator, clock } = await httpsApp(t)
  let isDown = false
  const fetch: typeof globalThis.fetch = async (...request) => isDown ? await Promise.reject(new TypeError('fetch failed')) : await simulator.fetch(...request)
  const { clientId, clientSecret, agent } = simulator
  const { app } = await httpsApp(t, { clientId, clientSecret, environment: { now: () => clock.now, agent, fetch } })
  const statusOfSignIn = async (): Promise<number> => (await simulator.signIn(app, 'ada', { headers: program })).statusCode

  t.equal(await statusOfSignIn(), 303)
  const since = clock.now
  isDown = true
  for (const time of [hour, 12 * hour, 24 * hour - 1_000]) {
    clock.now = since + time
    t.equal(await statusOfSignIn(), 303, `${time / hour} h`)
  }
  clock.now = since + 24 * hour
  t.equal(await statusOfSignIn(), 503)
  isDown = false
  clock.now += 5_000
  t.equal(await statusOfSignIn(), 303)
})
