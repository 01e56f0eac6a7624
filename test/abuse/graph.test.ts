import type { FastifyInstance } from 'fastify'
import { takesLong } from '../patient.ts'
import { program } from '../plugins/app.ts'
import { isRefused, tries } from './trial.ts'
import { type Setting, startWorld, type World } from './world.ts'

takesLong()

const options = { keepTokens: true, photo: true, scopes: ['openid', 'profile', 'email', 'User.Read'] }
const setting: Setting = {
  options,
  before: (app: FastifyInstance) => app.get('/token', async (request) => ({ token: await request.microsoft.accessToken(['User.Read'], { forceRefresh: true }) }))
}

const photo = async (world: World, cookie: string, query = '', headers = {}) => await world.app.inject({ url: `/auth/microsoft/photo${query}`, headers: { ...program, accept: 'image/*', cookie, ...headers } })

tries('T40', 'what Graph says is of whoever is signed in: a request names nobody', async (t, engine) => {
  const world = await startWorld(t, engine, setting)
  const picture = (text: string) => ({ contentType: 'image/png', body: Buffer.from(text) })
  world.simulator.setPhoto('ada', picture('a picture of Ada'))
  world.simulator.setPhoto('vera', picture('a picture of Vera'))
  const ada = world.victim.cookie
  const vera = (await world.simulator.signIn(world.app, 'vera')).cookie
  const { identity } = (await world.app.inject({ url: '/me', headers: { ...program, cookie: ada } })).json() as { identity: { tid: string, oid: string } }
  t.equal((await photo(world, ada)).body, 'a picture of Ada', 'control')
  const tag = String((await photo(world, ada)).headers.etag)
  for (const query of ['', `?oid=${identity.oid}`, `?user=${identity.oid}&tid=${identity.tid}&id=${identity.oid}`, '?upn=ada@contoso.example&login_hint=ada@contoso.example']) {
    t.equal((await photo(world, vera, query)).body, 'a picture of Vera', query)
  }
  t.equal((await photo(world, vera, '', { 'if-none-match': tag })).statusCode, 200, 'nor does what a browser has of somebody else count')
  await isRefused(t, world, 'nobody', { code: 'unauthenticated', attempt: 'kept' }, async () => await photo(world, ''))
  t.same([...new Set(world.contacted)].sort(), ['graph.microsoft.com', 'login.microsoftonline.com'])
})

tries('T40', 'a refresh that gives another account\'s tokens gives none, and nothing else changes', async (t, engine) => {
  const world = await startWorld(t, engine, setting)
  let hers: unknown
  await world.signIn('vera', { answer: (response) => { hers = response.id_token; return response } })
  const { cookie } = await world.simulator.signIn(world.app, 'noel')
  const ask = async () => await world.app.inject({ url: '/token', headers: { ...program, cookie } })
  t.equal((await ask()).statusCode, 200, 'control: without an ID token')
  for (const [title, idToken] of [['somebody else', hers], ['nobody', 'not.a.token']] as const) {
    world.simulator.setTokenResponseHook((response) => ({ ...response, id_token: idToken }))
    await isRefused(t, world, title, { code: 'invalid_token', attempt: 'kept', token: 1 }, async () => ({ response: await ask(), sent: [String(idToken)] }))
  }
  world.simulator.setTokenResponseHook(null)
  t.equal((await ask()).statusCode, 200, 'control: the refresh token is kept, and good')
})
