import t from 'tap'
import type { AuthEvent, EntraOptions, SignUpCandidate } from '../../plugins/fastify-entra.ts'
import { httpsApp, navigation, program } from './app.ts'

const signUpRefusals = { plan_full: 'No seats are left, not even 100%s of one.' }

t.test('an application refuses a sign-up with a code and a text of its own, and nothing is written', async (t) => {
  const events: AuthEvent[] = []
  const asked: SignUpCandidate[] = []
  const test = await httpsApp(t, {
    use_email_as_identifier: true,
    signUpRefusals,
    beforeSignUp: (candidate) => {
      asked.push(candidate)
      return 'plan_full'
    },
    onRefuse: (event) => { events.push(event) }
  })
  const before = await test.rows(['used_attempts'])
  const { response, cookie } = await test.simulator.signIn(test.app, 'ada', { headers: program })
  t.equal(response.statusCode, 403)
  t.same(response.json(), { statusCode: 403, code: 'plan_full', error: 'Forbidden', message: signUpRefusals.plan_full })
  t.equal(cookie, '')
  t.equal(await test.rows(['used_attempts']), before)
  t.match(asked, [{ identity: { oid: '4a35ec4e-5d65-4353-87a8-63d19b3482dc' }, profile: { displayName: 'Ada Lovelace' }, email: { score: 90 }, verifiedEmail: { canonical: 'ada@contoso.example' } }])
  t.match(events, [{ type: 'refused', code: 'plan_full', reason: 'before_sign_up', row: 'E2', identity: { oid: asked[0]!.identity.oid }, userId: null }])
  t.match(test.log(), /"level":30.*"code":"plan_full","reason":"before_sign_up"/)
  t.match(await test.app.audit.list(), [{ type: 'refused', code: 'plan_full', row: 'E2' }])
})

t.test('a browser reads the text on the error page; codes of nobody are no page', async (t) => {
  const test = await httpsApp(t, { signUpRefusals, beforeSignUp: () => 'plan_full' })
  const { location } = await test.simulator.signIn(test.app, 'ada')
  t.equal(location, '/auth/error?error=plan_full')
  const page = await test.app.inject({ url: location!, headers: navigation })
  t.equal(page.statusCode, 403)
  t.match(page.body, 'No seats are left, not even 100%s of one.')
  t.match(page.body, '<code>plan_full</code>')
  for (const other of ['plan_empty', 'constructor', '__proto__', 'toString', 'plan_full&error=plan_full']) {
    const unknown = await test.app.inject({ url: `/auth/error?error=${other}`, headers: navigation })
    t.equal(unknown.statusCode, 404, other)
    t.match(unknown.body, 'names no reason')
  }
  t.equal((await test.app.inject({ url: '/auth/error?error=signup_disabled', headers: navigation })).statusCode, 403)
})

t.test('nothing lets a person in', async (t) => {
  for (const nothing of [undefined, null, Promise.resolve(undefined), Promise.resolve(null)]) {
    const test = await httpsApp(t, { signUpRefusals, beforeSignUp: () => nothing })
    t.equal((await test.simulator.signIn(test.app, 'ada')).location, '/auth/account')
  }
})

t.test('anything else fails closed, and the log names the mistake', async (t) => {
  const canary = 'canary ada@contoso.example'
  const mistakes: Array<[title: string, options: Partial<EntraOptions>, reason: string, log: RegExp]> = [
    ['a code that is not declared', { beforeSignUp: () => 'plan_ful' }, 'unknown_code', /gave \\"plan_ful\\", which is no code of option \\"signUpRefusals\\"/],
    ['a code that every object has', { beforeSignUp: () => 'constructor' }, 'unknown_code', /gave \\"constructor\\"/],
    ['a code of ours', { beforeSignUp: () => 'signup_disabled' }, 'unknown_code', /gave \\"signup_disabled\\"/],
    ['text', { beforeSignUp: () => canary }, 'unknown_code', /gave a value of type string/],
    ['true', { beforeSignUp: () => true as never }, 'unknown_code', /gave a value of type boolean/],
    ['false', { beforeSignUp: async () => await Promise.resolve(false as never) }, 'unknown_code', /gave a value of type boolean/],
    ['an object', { beforeSignUp: () => ({ code: 'plan_full' }) as never }, 'unknown_code', /gave a value of type object/],
    ['an error', { beforeSignUp: () => { throw new Error(canary) } }, 'threw', /"frames":\[" {4}at .*option \\"beforeSignUp\\" threw/],
    ['a rejection', { beforeSignUp: async () => await Promise.reject(new Error(canary)) }, 'threw', /Option \\"beforeSignUp\\" threw\. To refuse/],
    ['nothing at all', { beforeSignUp: async () => await new Promise(() => {}), beforeSignUpTimeout: 1 }, 'timed_out', /Option \\"beforeSignUp\\" took longer than 1 ms/]
  ]
  for (const [title, options, reason, log] of mistakes) {
    const test = await httpsApp(t, { signUpRefusals, ...options })
    const before = await test.rows(['used_attempts'])
    const { response } = await test.simulator.signIn(test.app, 'ada', { headers: program })
    t.match(response.json(), { statusCode: 500, code: 'server_error' }, title)
    t.equal(await test.rows(['used_attempts']), before)
    t.match(test.log(), log)
    t.match(test.log(), `"reason":"before_sign_up_${reason}"`)
    t.notMatch(test.log() + response.body, 'canary')
  }
})

t.test('of two parallel sign-ups of one identity one makes the user, and both are signed in', async (t) => {
  let waiting = 0
  let letGo = (): void => {}
  const both = new Promise<void>((resolve) => { letGo = resolve })
  const test = await httpsApp(t, {
    use_email_as_identifier: true,
    beforeSignUp: async () => {
      if (++waiting === 2) letGo()
      await both
    }
  })
  const answers = await Promise.all([test.simulator.signIn(test.app, 'ada'), test.simulator.signIn(test.app, 'ada')])
  t.ok(answers.every(({ location }) => location === '/auth/account'))
  const tables = new Map<string, unknown[]>(JSON.parse(await test.rows()))
  t.equal(tables.get('users')!.length, 1)
  t.equal(tables.get('sessions')!.length, 2)
})

t.test('wrong codes are refused at boot', async (t) => {
  for (const wrong of [{ invalid_token: 'x' }, { 'Plan full': 'x' }, { plan_full: '' }, 'plan_full']) {
    await t.rejects(httpsApp(t, { signUpRefusals: wrong as never }), { message: /"signUpRefusals" must be an object of texts by codes of your own.*was given\. A code is lower-case/ })
  }
  await t.rejects(httpsApp(t, { beforeSignUp: 'plan_full' as never }), { message: /"beforeSignUp" must be a function \(candidate\)/ })
  await t.rejects(httpsApp(t, { beforeSignUpTimeout: 0 }), { message: /"beforeSignUpTimeout"/ })
})
