import t from 'tap'
import Fastify from 'fastify'
import entra, { html } from '../../plugins/fastify-entra.ts'
import { englishTexts } from '../../plugins/pages.ts'
import { httpsApp, navigation, program } from './app.ts'
import { cookiesOf } from './codes.ts'

const german = { ...navigation, 'accept-language': 'de-AT,de;q=0.9,en;q=0.8' }

t.test('each page speaks the language of whoever opens it', async (t) => {
  const { app, simulator } = await httpsApp(t)
  const { cookie } = await simulator.signIn(app, 'ada')
  for (const [url, words] of [['/auth/sign-in', 'Mit Microsoft anmelden'], ['/auth/account', 'Wo Sie angemeldet sind'], ['/auth/error?error=email_in_use', 'Mit dem bisherigen Konto anmelden'], ['/auth/error', 'Hier ist nichts zu sehen']] as const) {
    const page = await app.inject({ url, headers: { ...german, cookie } })
    t.match(page.body, '<html lang="de" dir="ltr">')
    t.match(page.body, words)
    t.match((await app.inject({ url, headers: { ...navigation, cookie } })).body, '<html lang="en" dir="ltr">')
  }
  t.match((await app.inject({ url: '/auth/error?error=email_in_use', headers: { ...program, 'accept-language': 'de' } })).headers['content-type'], 'text/html', 'a page is a page')
})

t.test('the refusal on the error page has the id that the log line has, and no other page has', async (t) => {
  const test = await httpsApp(t)
  const refused = await test.app.inject({ url: '/auth/microsoft/callback', headers: navigation })
  const cookies = cookiesOf(refused)
  const line = test.log().split('\n').find((one) => one.includes('sign-in refused'))!
  const { reqId } = JSON.parse(line)
  t.same(cookies, { '__Host-entra-refusal': `invalid_state/${reqId}` })
  t.match(String(refused.headers['set-cookie']), /; Max-Age=300; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  const cookie = `__Host-entra-refusal=${encodeURIComponent(cookies['__Host-entra-refusal']!)}`
  const shown = async (url: string, sent: string) => (await test.app.inject({ url, headers: { ...navigation, cookie: sent } })).body
  t.match(await shown(refused.headers.location!, cookie), `Reference: <code>${reqId}</code>`)
  t.notMatch(await shown('/auth/error?error=access_denied', cookie), 'Reference', 'a refusal of another kind is another one')
  t.notMatch(await shown(`${refused.headers.location!}&reference=req-1`, ''), 'Reference', 'nothing from the address')
  for (const made of ['invalid_state', 'invalid_state/', 'invalid_state/%3Cb%3E', `invalid_state/${'a'.repeat(65)}`, 'invalid_state/a b']) t.notMatch(await shown(refused.headers.location!, `__Host-entra-refusal=${made}`), 'Reference', made)
})

t.test('an id that a client has chosen is quoted only where it is a plain word', async (t) => {
  const { app } = await httpsApp(t, {}, { server: { trustProxy: true, requestIdHeader: 'x-request-id' } })
  for (const [id, cookies] of [['trace.1:a_b-c', { '__Host-entra-refusal': 'invalid_state/trace.1:a_b-c' }], ['<script>', {}], ['a/b', {}]] as const) {
    t.same(cookiesOf(await app.inject({ url: '/auth/microsoft/callback', headers: { ...navigation, 'x-request-id': id } })), cookies, id)
  }
})

t.test('a refusal on the error page itself has its own id, and the page of an application none of ours', async (t) => {
  const limited = await httpsApp(t, {}, {
    before: (app) => { app.addHook('preHandler', async (request) => { if (request.url.startsWith('/auth/error')) throw Object.assign(new Error('slow down'), { statusCode: 429 }) }) }
  })
  const page = await limited.app.inject({ url: '/auth/error?error=invalid_state', headers: navigation })
  t.match(page, { statusCode: 429, body: /Too many requests[^]*Reference: <code>req-\w+<\/code>/ })
  const own = await httpsApp(t, { errorRedirectUrl: '/oops' })
  const refused = await own.app.inject({ url: '/auth/microsoft/callback', headers: navigation })
  t.match({ location: refused.headers.location, cookies: cookiesOf(refused) }, { location: '/oops?error=invalid_state', cookies: {} })
})

t.test('logo, colours, texts, languages and own pages do what they say, on every page', async (t) => {
  const { app, log } = await httpsApp(t, {
    pageLogo: { src: '/logo.svg', alt: 'Contoso' },
    pageColors: { light: { accent: '#7a1fa2' } },
    pageTexts: { de: { 'sign_in.text': 'Grüß Gott.', 'error.plan_full': 'Kein Platz mehr.' } },
    pageLanguages: ['de', 'en'],
    signUpRefusals: { plan_full: 'No seats are left.' },
    beforeSignUp: () => {},
    ownPages: {
      noError: ({ wayOn }, { say }) => html`<p>${say('refused.nothing')} <a href="${wayOn}">Contoso</a></p>`
    }
  })
  const page = await app.inject({ url: '/auth/sign-in', headers: { ...navigation, 'accept-language': 'fr' } })
  t.match(page.body, /lang="de"[^]*#7a1fa2[^]*<img src="\/logo\.svg" alt="Contoso">[^]*Grüß Gott\./)
  t.match(page.headers['content-security-policy'], "img-src 'self' data:;")
  t.match((await app.inject({ url: '/auth/error?error=plan_full', headers: german })).body, 'Kein Platz mehr.')
  t.match((await app.inject({ url: '/auth/error?error=plan_full', headers: { ...navigation, 'accept-language': 'en' } })).body, 'No seats are left.')
  const french = await httpsApp(t, { pageTexts: { fr: { ...englishTexts, 'sign_in.title': 'Se connecter' } } })
  t.match((await french.app.inject({ url: '/auth/sign-in', headers: { ...navigation, 'accept-language': 'fr-CA' } })).body, /<html lang="fr" dir="ltr">[^]*<h1>Se connecter<\/h1>/)
  t.match((await app.inject({ url: '/auth/error', headers: german })).body, '<a href="/auth/sign-in">Contoso</a>')
  t.notMatch(log(), 'an own page could not be used')
})

t.test('an own page that fails is reported without its words, and ours is shown', async (t) => {
  const { app, simulator, log } = await httpsApp(t, { ownPages: { account: () => { throw new Error('ada@contoso.example') } } })
  const { cookie } = await simulator.signIn(app, 'ada')
  t.match(await app.inject({ url: '/auth/account', headers: { ...navigation, cookie } }), { statusCode: 200, body: /Where you are signed in/ })
  const line = log().split('\n').find((one) => one.includes('an own page could not be used'))!
  t.match(JSON.parse(line), { level: 50, page: 'account', msg: 'an own page could not be used: the standard one is shown' })
  t.notMatch(line, 'contoso')
})

t.test('options of pages that are left out have nothing to do, and the log says so', async (t) => {
  const { log } = await httpsApp(t, { pages: false, pageLanguages: ['de'] })
  t.match(log(), 'option \\"pageLanguages\\" has nothing to do while \\"pages\\" is off')
})

t.test('what is wrong is found out at boot', async (t) => {
  const boot = async (options: object) => await Fastify().register(entra, { baseUrl: 'http://localhost:3000', database: ':memory:', ...options })
  await t.rejects(boot({ pageColors: { light: { accent: '#ffcc00' } } }), { code: 'FST_ENTRA_CONFIGURATION', message: /a contrast of 1\.51 to 1/ })
  await t.rejects(boot({ pageLogo: { src: 'https://cdn.example/logo.svg', alt: 'x' } }), { message: /option "pageLogo" must be/ })
  await t.rejects(boot({ pageTexts: { fr: {} } }), { message: /"pageTexts\.fr" has no text for/ })
  await t.rejects(boot({ pageLanguages: ['fr'] }), { message: /option "pageLanguages" has "fr"/ })
  await t.rejects(boot({ ownPages: { login: () => html`` } }), { message: /option "ownPages" must be functions/ })
})
