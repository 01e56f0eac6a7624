import t from 'tap'
import { chooseLanguage, createLanguage, ownLanguages, ownTexts } from '../../src/pages/language.ts'
import { draw } from './draw.ts'
import { views } from './views.ts'

const tagFor = (acceptLanguage?: string, uiLocales?: unknown): string => chooseLanguage(ownLanguages, { acceptLanguage, uiLocales }).tag

t.test('the language is the best that somebody reads of those that there are, by lookup (RFC 4647)', async (t) => {
  for (const [accepted, tag] of [
    [undefined, 'en'], ['', 'en'], ['*', 'en'], ['de', 'de'], ['DE', 'de'], ['de-AT', 'de'], ['de-Latn-AT', 'de'], ['fr', 'en'], ['fr, de', 'de'],
    ['fr;q=1, de;q=0.5, en;q=0.9', 'en'], ['en;q=0.4, de', 'de'], ['de;q=0, en', 'en'], ['de;q=0', 'en'], ['deu', 'en'], ['d', 'en'], [';;,,=', 'en'], ['de; q=abc', 'en']
  ] as const) t.equal(tagFor(accepted), tag, String(accepted))
})

t.test('what an app asks for goes first, and what it asks for in vain is no hindrance', async (t) => {
  t.equal(tagFor('en', 'de'), 'de')
  t.equal(tagFor('en', 'fr de-CH en'), 'de')
  t.equal(tagFor('de', 'fr'), 'de')
  for (const strange of [undefined, null, 7, ['de'], { toString: () => 'de' }, '', '<script>']) t.equal(tagFor('en', strange), 'en')
})

t.test('a list without end costs nothing', async (t) => {
  t.equal(tagFor(`${'a-'.repeat(100_000)}a, de`, `${'b '.repeat(100_000)} de`), 'en')
})

t.test('a page says which language it is in, and which way it is written', async (t) => {
  for (const [tag, dir] of [['en', 'ltr'], ['ar', 'rtl'], ['he', 'rtl'], ['fa-IR', 'rtl'], ['ur', 'rtl'], ['az-Arab', 'rtl'], ['az', 'ltr'], ['zh-Hant', 'ltr']] as const) {
    t.match(draw('signIn', views.signIn, { language: createLanguage(tag, ownTexts.en!) }), `<html lang="${tag}" dir="${dir}">`)
  }
})

t.test('nothing of the style knows left or right', async (t) => {
  const [, style] = /<style>([^]*?)<\/style>/.exec(draw('signIn', views.signIn))!
  t.notMatch(style!.replace(/@media \([^)]*\)/g, ''), /(?<![\w-])(?:(?:min-|max-)?(?:width|height)|left|right|float|[a-z-]+-(?:left|right|top|bottom)) *:/)
})
