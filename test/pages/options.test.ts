import t from 'tap'
import { readOptions } from '../../src/core/options.ts'
import { readLanguages } from '../../src/pages/given-texts.ts'
import { type PagesOptions, pagesOptionRules } from '../../src/pages/options.ts'
import { pageNames } from '../../src/pages/renderer.ts'
import { en } from '../../src/pages/texts/en.ts'

const read = (given: object) => readOptions<PagesOptions>('fastify-entra/pages', pagesOptionRules, given)
const languages = (texts: object, offered?: string[]) => readLanguages({ texts: texts as never, offered, ownCodes: ['plan_full'] })
const all = { ...en }

t.test('a logo is a path of this site or a picture in the page, with words for who does not see it', async (t) => {
  for (const src of ['/logo.svg', '/assets/logo.png', 'data:image/svg+xml;base64,PHN2Zy8+', 'data:image/png,x']) t.ok(read({ pageLogo: { src, alt: 'Contoso' } }), src)
  for (const pageLogo of [
    '/logo.svg', { src: '/logo.svg' }, { src: '/logo.svg', alt: '' }, { src: '/logo.svg', alt: 'x', width: 7 }, { src: 'https://cdn.example/logo.svg', alt: 'x' }, { src: '//cdn.example/logo.svg', alt: 'x' },
    { src: 'logo.svg', alt: 'x' }, { src: 'data:text/html,<script>', alt: 'x' }, { src: 'data:image/png;base64,a b', alt: 'x' }, { src: 'javascript:x', alt: 'x' }, []
  ]) t.throws(() => read({ pageLogo }), { message: /option "pageLogo" must be \{ src, alt \}: a path of this site/ }, JSON.stringify(pageLogo))
})

t.test('colours and texts are objects, languages a list of tags, pages functions by name', async (t) => {
  for (const pageColors of ['#000000', [], null]) t.throws(() => read({ pageColors }), { message: /option "pageColors" must be an object \{ light, dark \}/ })
  for (const pageTexts of ['x', [], { de: 'x' }, { de: null }]) t.throws(() => read({ pageTexts }), { message: /option "pageTexts" must be texts by language/ })
  for (const pageLanguages of [[], 'de', ['DE'], ['de_DE'], [''], [7], ['x'.repeat(99)]]) t.throws(() => read({ pageLanguages }), { message: /option "pageLanguages" must be a list of language tags such as \["de", "en"\]/ })
  for (const ownPages of [[], 'x', { signin: () => {} }, { signIn: '<p>' }, { toString: () => {} }]) t.throws(() => read({ ownPages }), { message: /option "ownPages" must be functions by the name of a page: signIn, code, account,/ })
  t.ok(read({ pageColors: {}, pageTexts: { de: {} }, pageLanguages: ['de', 'pt-BR', 'zh-Hant'], ownPages: Object.fromEntries(pageNames.map((name) => [name, () => {}])) }))
})

t.test('single texts take the place of ours, in their language alone', async (t) => {
  const [english, german] = languages({ de: { 'sign_in.title': 'Willkommen', 'error.plan_full': 'Kein Platz mehr.' } }) as [ReturnType<typeof languages>[0], ReturnType<typeof languages>[0]]
  t.equal(german!.texts['sign_in.title'], 'Willkommen')
  t.equal(german!.texts['sign_in.button'], 'Mit Microsoft anmelden')
  t.same(german!.refusals, { plan_full: 'Kein Platz mehr.' })
  t.equal(english!.texts['sign_in.title'], 'Sign in')
})

t.test('a further language is offered as soon as it has all texts; the option says which are, and which goes first', async (t) => {
  t.same(languages({ fr: all }).map(({ tag }) => tag), ['en', 'de', 'fr'])
  t.same(languages({ fr: all }, ['fr', 'en']).map(({ tag }) => tag), ['fr', 'en'])
  t.same(languages({}, ['de']).map(({ tag }) => tag), ['de'])
  const { 'sign_in.title': _title, ...most } = all
  t.throws(() => languages({ fr: most }), { message: /option "pageTexts\.fr" has no text for "sign_in\.title"\. A language that is not ours must have all texts\./ })
  t.throws(() => languages({ fr: {} }), { message: /"simulated\.label", "simulated\.name", "simulated\.text", "person\.nameless", "sign_in\.title" and \d+ others/ })
  t.throws(() => languages({}, ['en', 'fr']), { message: /option "pageLanguages" has "fr", and there are no texts in it\. Give them by option "pageTexts"/ })
})

t.test('a text that no page says, that is of another kind or that has a place for what is not there is refused by name', async (t) => {
  for (const [texts, words] of [
    [{ 'sign_in.titel': 'x' }, /"pageTexts\.de" has "sign_in\.titel", which no page says/],
    [{ 'error.plan_empty': 'x' }, /has "error\.plan_empty", which no page says/],
    [{ constructor: 'x' }, /has "constructor", which no page says/],
    [{ 'sign_in.title': '' }, /"sign_in\.title" must be a text/],
    [{ 'sign_in.title': { other: 'x' } }, /"sign_in\.title" must be a text/],
    [{ 'error.plan_full': 7 }, /"error\.plan_full" must be a text/],
    [{ 'code.tries_left': 'x' }, /"code\.tries_left" must be the forms of a text by plural category, "other" among them/],
    [{ 'code.tries_left': { one: 'x' } }, /"code\.tries_left" must be the forms/],
    [{ 'code.tries_left': null }, /"code\.tries_left" must be the forms/],
    [{ 'code.tries_left': { one: '', other: 'x' } }, /"code\.tries_left" must be the forms/],
    [{ 'code.sent': 'An {adress}' }, /"code\.sent" has a place for \{adress\}, and there is only \{address\}/],
    [{ 'consent.intro': '{name}' }, /there is only \{app\}, \{person\}/],
    [{ 'sign_in.title': 'Hello {name}' }, /has a place for \{name\}, and there is no value in it/]
  ] as const) t.throws(() => languages({ de: texts }), { message: words }, JSON.stringify(texts))
  for (const tag of ['DE', 'de_DE', '<b>', 'x'.repeat(40)]) t.throws(() => languages({ [tag]: all }), { message: /is no language tag as BCP 47 writes it/ }, tag)
})
