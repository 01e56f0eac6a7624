import { createHash } from 'node:crypto'
import { html } from '@remix-run/html-template'
import t from 'tap'
import { ownLanguages } from '../../src/pages/language.ts'
import { createLook } from '../../src/pages/look.ts'
import { createRenderer, type OwnPages, type PageName, pageNames, type PageViews } from '../../src/pages/renderer.ts'
import { eachPage, views } from './views.ts'

const german = ownLanguages[1]!

function drawn<Name extends PageName> (ownPages: OwnPages, name: Name, formTargets?: string[]) {
  const complaints: Array<[PageName, unknown]> = []
  const renderer = createRenderer({ simulated: true, look: createLook(), languages: ownLanguages, ownPages, complain: (...complaint) => complaints.push(complaint) })
  return { complaints, ...renderer.render(name, views[name], { language: german, formTargets }) }
}

t.test('a fragment stands below the heading, with all that pages have in common', async (t) => {
  const { document, policy, complaints } = drawn({ signIn: ({ startUrl }) => html`<p>${'<b>'}</p><a href="${startUrl}">Go</a>` }, 'signIn')
  t.match(document, /<html lang="de" dir="ltr">[^]*Simuliertes Microsoft\.[^]*<h1>Anmelden<\/h1>\n<p>&lt;b&gt;<\/p><a href="\/auth\/microsoft\/login">Go<\/a>\n<\/main>/)
  t.match(policy, "style-src 'sha256-")
  t.same(complaints, [])
})

t.test('it can have another heading, say texts in the language of whoever asks, and put something around the page as it would be', async (t) => {
  const { document } = drawn({
    account: ({ user }, { say, simulated, standard, language }) => ({ title: `Konto ${user.id}`, content: html`<p>${language.tag} ${say('account.yes')} ${simulated}</p>${standard().content}` })
  }, 'account')
  t.match(document, /<title>Konto user-id<\/title>[^]*<h1>Konto user-id<\/h1>\n<p>de ja true<\/p><p>Sie sind angemeldet\.<\/p>/)
})

t.test('a whole document is sent as it is; it may use what the site has and its own style, and still no script', async (t) => {
  const style = 'body { color: navy }'
  const { document, policy } = drawn({ code: () => ({ document: html`<!doctype html><style>${html.raw`${style}`}</style>`, style }) }, 'code', ['https://spa.example'])
  t.equal(document, `<!doctype html><style>${style}</style>`)
  t.equal(policy, `default-src 'none'; style-src 'self' 'sha256-${createHash('sha256').update(style).digest('base64')}'; img-src 'self' data:; form-action 'self' https://spa.example; frame-ancestors 'none'; base-uri 'none'`)
  t.match(drawn({ code: () => ({ document: html`x` }) }, 'code').policy, "style-src 'self'; ")
})

t.test('one that fails, or gives what is not escaped, is reported, and ours is shown', async (t) => {
  const failures: OwnPages[] = [
    { error: () => { throw new Error('no') } },
    { error: () => '<p>not escaped</p>' as never },
    { error: () => ({ title: 'x', content: '<p>' }) as never },
    { error: () => ({ document: '<p>' }) as never },
    { error: () => undefined as never },
    { error: (async () => html`late`) as never }
  ]
  for (const ownPages of failures) {
    const { document, complaints } = drawn(ownPages, 'error')
    t.match(document, 'Sie sind nicht angemeldet')
    t.same(complaints.map(([name]) => name), ['error'])
    const silent = createRenderer({ simulated: false, look: createLook(), languages: ownLanguages, ownPages })
    t.match(silent.render('error', views.error, { language: german }).document, 'Sie sind nicht angemeldet')
  }
})

t.test('any page can be replaced', async (t) => {
  t.same(eachPage.map(([name]) => name).sort(), [...pageNames].sort())
  for (const name of pageNames) {
    const ownPages: OwnPages = { [name]: (view: PageViews[PageName]) => html`<pre>${JSON.stringify(Object.keys(view))}</pre>` }
    t.match(drawn(ownPages, name).document, '<pre>[&quot;', name)
  }
})
