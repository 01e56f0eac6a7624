import Fastify from 'fastify'
import t from 'tap'
import entra from '../../plugins/fastify-entra.ts'
import { machine } from './command-line.ts'

t.test('the manifest has the optional claims to paste', async (t) => {
  const { code, json } = await machine().run('manifest')
  t.equal(code, 0)
  t.same(Object.keys(json()), ['optionalClaims'])
  t.same(json().optionalClaims.idToken.map(({ name }: { name: string }) => name), ['email', 'xms_edov', 'upn', 'acct', 'sid', 'login_hint', 'auth_time', 'given_name', 'family_name'])
  t.same(json().optionalClaims.idToken[0], { name: 'email', source: null, essential: false, additionalProperties: [] })
  t.notMatch(JSON.stringify(json()), /acceptMappedClaims/)
})

t.test('of an application it has the redirect and logout URLs, too', async (t) => {
  const importModule = (plugins: 'all' | 'provider') => async (): Promise<unknown> => {
    const app = Fastify()
    const options = { baseUrl: 'https://app.example', clientId: '75dc5961-e437-46ec-aed8-b15e9eba24db', clientSecret: 'a-client-secret', database: ':memory:' }
    if (plugins === 'all') app.register(entra, options)
    else app.register((await import('../../plugins/provider.ts')).default, { ...options, onSignIn: () => {} })
    return { default: app }
  }
  t.same((await machine({}, { importModule: importModule('all') }).run('manifest', 'app.js')).json().web, {
    redirectUris: ['https://app.example/auth/microsoft/callback', 'https://app.example/auth/signed-out', 'https://app.example/auth/microsoft/admin-consent/callback'],
    logoutUrl: 'https://app.example/auth/microsoft/front-channel-logout'
  })
  t.same((await machine({}, { importModule: importModule('provider') }).run('manifest', 'app.js')).json().web, { redirectUris: ['https://app.example/auth/microsoft/callback'] })
})
