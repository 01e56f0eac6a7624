import { inspect } from 'node:util'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { takesLong } from '../patient.ts'
import { makeCertificate } from '../credentials/certificates.ts'
import { dump, httpsApp, navigation, program } from '../plugins/app.ts'
import type { Engine } from '../store/engines.ts'
import { cookiesAfter, userOf } from './faulty-flows.ts'
import { withClaims } from './forge.ts'
import { tries } from './trial.ts'
import { startWorld, type World } from './world.ts'

takesLong()

/** All that a site says while everything is done in it that can be done. */
interface Story { readonly world: World, readonly answers: LightMyRequestResponse[], readonly errors: unknown[] }

const codes = new Set<string>()

async function tellStory (t: Test, engine: Engine, keepTokens: boolean): Promise<Story> {
  const later: { mailer?: World['simulator']['mailer'] } = {}
  const answers: LightMyRequestResponse[] = []
  const errors: unknown[] = []
  const world = await startWorld(t, engine, {
    options: { verify_email: true, allow_email_account_merge: true, keepTokens, returnTokens: keepTokens, mailer: async (mail) => await later.mailer!(mail), scopes: ['openid', 'profile', 'email', 'offline_access', 'User.Read'] },
    before: (app: FastifyInstance) => app.addHook('onSend', async (_request, reply) => { errors.push((reply as { error?: unknown }).error) })
  })
  later.mailer = async (mail) => {
    const code = /\b\d{6}\b/.exec(mail.text)?.[0]
    if (code !== undefined) codes.add(code)
    await world.simulator.mailer(mail)
  }
  const { app, canaries } = world
  const note = <Answer extends LightMyRequestResponse>(answer: Answer): Answer => {
    answers.push(answer)
    canaries.add(...[answer.headers['set-cookie'] ?? []].flat().map((one) => one.split(';')[0]!.split('=').slice(1).join('=')))
    return answer
  }
  const post = async (url: string, cookie: string, payload: object = {}) => note(await app.inject({ method: 'POST', url, headers: { ...program, origin: 'https://app.example', cookie }, payload }))
  const get = async (url: string, cookie: string, headers: Record<string, string> = program) => note(await app.inject({ url, headers: { ...headers, cookie } }))

  for (const headers of [program, navigation]) {
    const signedIn = note(await world.signIn('ada', { headers }))
    const cookie = cookiesAfter('', signedIn)
    for (const url of ['/me', '/public', '/auth/account', '/auth/sign-in', '/auth/sessions', '/auth/error?error=invalid_token', '/nowhere']) await get(url, cookie, headers)
    const begun = await world.begin('pat', { headers })
    note(begun.start)
    note(await begun.finish())
    note(await begun.finish())
    note(await begun.finish('/auth/microsoft/callback?state=x'))
    note(await begun.finish(`/auth/microsoft/callback?error=access_denied&error_description=x&state=${begun.callback.searchParams.get('state')}`))
    for (const account of ['adam', 'carl', 'mallory', 'noel']) note(await world.signIn(account, { headers }))
    note(await world.signIn('pat', { headers, answer: withClaims({ nonce: 'another' }) }))
    note(await world.signIn('pat', { headers, answer: (response) => ({ access_token: response.access_token }) as typeof response }))
  }
  const amir = await world.begin('amir')
  const waiting = cookiesAfter(amir.cookie, note(await amir.finish()))
  await get('/auth/code', waiting)
  await get('/auth/code', waiting, navigation)
  await post('/auth/code', waiting, { code: '000000' })
  await post('/auth/code/resend', waiting)
  const inside = cookiesAfter('', await post('/auth/code', waiting, { code: /\b\d{6}\b/.exec(world.simulator.mails[0]!.text)![0] }))
  t.ok(await userOf(world, inside), 'the story goes as it should')
  const { cookie } = world.victim
  const link = await post('/auth/microsoft/link', cookie, { return_to: '/me' })
  t.equal(link.statusCode, 200)
  await post('/auth/microsoft/unlink', cookie, { tid: 'x', oid: 'y' })
  await post('/auth/sessions/end-others', cookie)
  await post('/auth/logout', cookie)
  for (const { claims, username } of world.simulator.accounts) canaries.add(username, claims.email as string, claims.upn as string)
  return { world, answers, errors }
}

tries('X01', 'nothing secret is in the log at its most talkative, in the store as it is, in a page, an address or an error', async (t, engine) => {
  const { world: { canaries, log, app }, answers, errors } = await tellStory(t, engine, true)
  t.ok(canaries.values.size > 150, `${canaries.values.size} secrets have passed through`)
  t.ok(codes.size > 1)
  const names = new Set(canaries.foundIn(JSON.stringify(await dump(app, ['sessions', 'tokens', 'challenges', 'audit', 'used_attempts', 'code_events']))))
  const addresses = new Set([...canaries.values].filter((value) => /@/.test(value)))
  t.same([...names].filter((value) => !addresses.has(value)), [], 'accounts have addresses, and nothing else of it')
  t.same(canaries.foundIn(JSON.stringify(await dump(app, ['users', 'identities', 'identifiers', 'proofs', 'sessions']))), [], 'sessions apart, which have the public user, the rest has not even those')
  t.same(canaries.foundIn(log()), [], 'the log')
  t.match(log(), '/auth/microsoft/callback', 'control: the requests are in it')
  const secrets = [...canaries.values].filter((value) => !addresses.has(value))
  for (const answer of answers) {
    const { location = '', 'set-cookie': _cookies, ...headers } = answer.headers
    const own = /^\/auth\/microsoft\/login|^https:/.test(location) ? '' : location
    // The page has a token of its own, and a link by script the address of Microsoft: it is for nobody else.
    const body = /"url":"https:/.test(answer.body) ? '' : answer.body
    t.same(secrets.filter((value) => (body + own + JSON.stringify(headers)).includes(value)), [], `${answer.raw.req.method} ${answer.raw.req.url!.split('?')[0]} ${answer.statusCode}`)
  }
  for (const code of codes) for (const text of [log(), JSON.stringify(await dump(app, []))]) t.notMatch(text, new RegExp(`"${code}"`), 'a one-time code')
  t.same(canaries.foundIn(inspect(errors, { depth: 9, showHidden: true })), [], 'errors, and what caused them')
})

tries('X03', 'tokens are not stored, or sealed under a key that is named; states, codes and sessions are hashes', async (t, engine) => {
  for (const keepTokens of [false, true]) {
    const { world: { canaries, app } } = await tellStory(t, engine, keepTokens)
    const tables = Object.fromEntries(JSON.parse(await dump(app, [])) as Array<[string, Array<Record<string, unknown>>]>)
    t.equal(tables.tokens!.length > 0, keepTokens)
    for (const { sealed } of tables.tokens!) {
      const header = JSON.parse(Buffer.from(String(sealed).split('.')[0]!, 'base64url').toString()) as Record<string, unknown>
      t.match(header, { alg: 'dir', enc: 'A256GCM', kid: /./ })
    }
    for (const { key } of tables.sessions!) t.match(key, /^[\w-]{43}$/)
    for (const { state_hash: hash } of tables.used_attempts!) t.match(hash, /^[\w-]{43}$/)
    t.ok(tables.sessions!.length > 0 && tables.used_attempts!.length > 0, 'control: there are some')
    t.same(canaries.foundIn(JSON.stringify([tables.tokens, tables.sessions, tables.used_attempts, tables.challenges])).filter((value) => !value.includes('@')), [])
  }
})

tries('X04', 'whoever prints the application, what it is decorated with, or its plugins and routes sees no secret and no person', async (t, engine) => {
  const { privateKey, certificate } = makeCertificate('printed')
  const world = await startWorld(t, engine, { options: { health: true, healthToken: 'canary-health-token-of-32-characters' } })
  const { app, canaries } = world
  canaries.add('canary-health-token-of-32-characters')
  await app.inject({ url: '/me', headers: { ...program, cookie: world.victim.cookie } })
  const shown = [
    inspect(app, { depth: 8, showHidden: true }), app.printPlugins(), app.printRoutes({ commonPrefix: false, includeHooks: true, includeMeta: true }),
    ...['accounts', 'sessions', 'microsoft', 'audit'].map((name) => inspect(Reflect.get(app, name), { depth: 8, showHidden: true }) + safeJson(Reflect.get(app, name))),
    ...Object.values(app).map(safeJson),
    safeJson(app.microsoft.credentials()),
    (await app.inject({ url: '/auth/health', headers: program })).body
  ].join('\n')
  t.ok(shown.length > 5_000)
  t.same(canaries.foundIn(shown), [])
  t.notMatch(shown, /ada@|Lovelace/, 'and nobody\'s name')

  const { app: withKey } = await httpsApp(t, { database: await engine.newLocation(t), clientSecret: undefined, credentials: [{ certificate, privateKey }] })
  const printed = inspect(withKey, { depth: 8, showHidden: true }) + inspect(withKey.microsoft, { depth: 8, showHidden: true }) + safeJson(withKey.microsoft.credentials())
  t.notOk(printed.includes(privateKey.split('\n')[1]!), 'nor a private key')
})

function safeJson (value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    // What holds itself has no JSON.
    return ''
  }
}
