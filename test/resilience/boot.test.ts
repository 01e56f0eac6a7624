import t from 'tap'
import { takesLong } from '../patient.ts'
import { navigation } from '../plugins/app.ts'
import { exposedApp } from './app.ts'

takesLong()

for (const tenant of ['common', 'contoso.example']) {
  t.test(`a server boots while Microsoft is away, says so to whoever signs in, and serves them once it is there: ${tenant} (D11)`, async (t) => {
    const { microsoft, app, clock, signIn } = await exposedApp(t, { timeout: 300_000, size: 1_048_576 }, { tenant }, { isDown: true })
    t.same(microsoft.requests, { token: 0, keys: 0, discovery: 0 }, 'nothing is asked for at boot')
    t.equal((await app.inject({ url: '/auth/sign-in', headers: navigation })).statusCode, 200)
    t.equal((await app.inject({ url: '/auth/microsoft/login', headers: navigation })).statusCode, 303)
    for (let attempt = 0; attempt < 3; attempt++) {
      const refused = await signIn()
      t.match(refused.json(), { statusCode: 503, code: 'provider_unavailable' })
      clock.now += 100_000
    }
    await microsoft.heal()
    t.equal((await signIn()).statusCode, 303)
  })
}
