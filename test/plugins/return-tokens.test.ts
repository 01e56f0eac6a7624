import t from 'tap'
import Fastify from 'fastify'
import linking from '../../plugins/linking.ts'
import provider, { type SignInResult } from '../../plugins/provider.ts'
import simulator, { signInAs } from '../../plugins/simulator.ts'
import tokens from '../../plugins/tokens.ts'
import verification from '../../plugins/verification.ts'
import { takesLong } from '../patient.ts'
import { httpsApp } from './app.ts'
import { codesApp } from './codes.ts'

takesLong()

t.test('the hook is given Microsoft\'s tokens where they are asked for, and a refresh token comes by itself', async (t) => {
  const seen: SignInResult[] = []
  const test = await httpsApp(t, { returnTokens: true, onSignIn: (_request, _reply, result) => { seen.push(result) } })
  await test.simulator.signIn(test.app, 'ada')
  const [{ tokens, authorization }] = seen as [SignInResult]
  t.match(tokens, { idToken: /^ey/, accessToken: /^EwB/, refreshToken: /^1\./, expiresIn: 3_599, expiresAt: test.clock.now + 3_599_000, scope: 'openid profile email' })
  t.same(Object.keys(authorization), ['attempt', 'issuer'])
  t.ok(Object.isFrozen(tokens) && Object.isFrozen(authorization))
  test.simulator.setTokenResponseHook(({ expires_in: _, ...body }) => body)
  await test.simulator.signIn(test.app, 'ada')
  t.equal(seen[1]!.tokens!.expiresAt, null, 'Microsoft did not say')
})

t.test('the hook is given no token and no code that nobody asked for', async (t) => {
  const seen: string[] = []
  const test = await httpsApp(t, { keepTokens: true, onSignIn: (_request, _reply, result) => { seen.push(JSON.stringify(result)) } })
  const secrets: unknown[] = []
  test.simulator.setTokenResponseHook((body) => {
    secrets.push(body.access_token, body.refresh_token, body.id_token)
    return body
  })
  await test.simulator.signIn(test.app, 'ada')
  t.match(seen[0], '"tokens":null')
  for (const secret of secrets) t.notOk(seen[0]!.includes(secret as string))
})

t.test('the tokens of a sign-in that waited for a one-time code end when they would have', async (t) => {
  const seen: SignInResult[] = []
  const test = await codesApp(t, { returnTokens: true, keepTokens: true, allowedScopes: ['User.Read'], onSignIn: (_request, _reply, result) => { seen.push(result) } })
  const { cookie } = await test.begin('amir', { query: { provider_scopes: 'User.Read' } })
  t.notMatch(await test.rows(), '"sealed"', 'nothing is kept before the code')
  const started = test.clock.now
  test.clock.now += 5 * 60_000
  await test.json(cookie, { code: test.code() })
  t.equal(seen[0]!.tokens!.expiresAt, started + 3_599_000)
  const { identity } = seen[0]!.linked!
  test.clock.now = started + 3_599_000 - 300_001
  const first = await test.app.microsoft.accessToken(identity, ['User.Read'])
  t.equal(first, seen[0]!.tokens!.accessToken)
  test.clock.now += 1
  t.not(await test.app.microsoft.accessToken(identity, ['User.Read']), first)
})

t.test('without the verification plugin the hook has the tokens: nobody else has looked at them', async (t) => {
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(simulator, { baseUrl: 'http://localhost:3000' })
  await app.register(provider, { baseUrl: 'http://localhost:3000', database: ':memory:', onSignIn: (_request, reply, { tokens, authorization }) => { reply.send({ ...tokens, nonce: authorization.attempt.nonce }) } })
  const answer = (await signInAs(app, 'ada')).response.json()
  t.match(answer, { idToken: /^ey/, accessToken: /^EwB/ })
  t.equal(JSON.parse(Buffer.from(answer.idToken.split('.')[1], 'base64url').toString()).nonce, answer.nonce, 'with what it takes to check them')
})

t.test('without a session plugin tokens are kept for work in the background, and no request has any', async (t) => {
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(simulator, { baseUrl: 'http://localhost:3000' })
  await app.register(provider, { baseUrl: 'http://localhost:3000', database: ':memory:', scopes: ['openid', 'profile', 'User.Read'], onSignIn: (_request, reply, { linked }) => { reply.send(linked!.identity) } })
  await app.register(verification)
  await app.register(linking)
  await app.register(tokens, { keepTokens: true, requestMicrosoftDecorator: 'entra' })
  app.get('/token', async (request) => await (request as unknown as { entra: typeof request.microsoft }).entra.accessToken(['User.Read']))
  const identity = (await signInAs(app, 'ada')).response.json()
  t.match(await app.microsoft.accessToken(identity, ['User.Read']), /^EwB/)
  t.equal((await app.inject('/token')).statusCode, 401)
})

t.test('wrong and contradictory options are refused with what to do about them', async (t) => {
  const rows: Array<[options: object, message: RegExp]> = [
    [{ keepTokens: 'yes' }, /option "keepTokens" must be true or false, but "yes" was given/],
    [{ returnTokens: 1 }, /option "returnTokens" must be true or false/],
    [{ allowedScopes: 'Mail.Read' }, /option "allowedScopes" must be a list of scopes such as "Mail\.Read", but "Mail\.Read" was given/],
    [{ allowedScopes: ['Mail Read'] }, /option "allowedScopes" must be a list of scopes/],
    [{ photo: 1 }, /option "photo" must be true or false/],
    [{ keepTokens: true, photo: true, photoPath: 'photo', allowedScopes: ['User.Read'] }, /option "photoPath" must be a plain path/],
    [{ photoPath: '/photo' }, /option "photoPath" was given without "photo"\. Give "photo": true as well, or leave it out/],
    [{ photo: true, allowedScopes: ['User.Read'] }, /"photo" is on, and "keepTokens" is off.* Turn both on, or none/],
    [{ photo: true, keepTokens: true }, /option "photo" needs the scope "User\.Read", which is neither in "scopes" nor in "allowedScopes"\. Add it/],
    [{ requestMicrosoftDecorator: 'a-b' }, /option "requestMicrosoftDecorator" must be a name such as "microsoft"/],
    [{ requestMicrosoftDecorator: 'user' }, /request\.user belongs to another plugin\. Give ours another name by option "requestMicrosoftDecorator"/]
  ]
  for (const [options, message] of rows) await t.rejects(httpsApp({ teardown: () => {} }, options), { code: 'FST_ENTRA_CONFIGURATION', message }, JSON.stringify(options))
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(simulator, { baseUrl: 'http://localhost:3000' })
  await app.register(provider, { baseUrl: 'http://localhost:3000', database: ':memory:', allowedScopes: ['User.Read'], onSignIn: () => {} })
  await app.register(verification)
  await app.register(linking)
  await t.rejects(async () => await app.register(tokens, { keepTokens: true, photo: true }), { message: /option "photo" is on, and no session says who is signed in\. Register the session plugin before this one/ })
})
