import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { errorCodes, errorText } from '../../src/core/errors.ts'
import { helpWords } from '../../src/core/help.ts'
import { type Language, ownLanguages, ownTexts } from '../../src/pages/language.ts'
import type { PageName, PageViews } from '../../src/pages/renderer.ts'
import { sayIn } from '../../src/pages/say.ts'
import { placeholdersOf, type PluralText, type Texts } from '../../src/pages/texts.ts'
import { en } from '../../src/pages/texts/en.ts'
import { draw } from './draw.ts'
import { accountView, codeView, views } from './views.ts'

const formsOf = (text: string | PluralText): string[] => typeof text === 'string' ? [text] : Object.values(text)

t.test('each language has each text, with the same places for values and the plural forms that it needs', async (t) => {
  t.same(readdirSync(join(import.meta.dirname, '../../src/pages/texts')).sort(), Object.keys(ownTexts).map((tag) => `${tag}.ts`).sort(), 'one file per language')
  for (const [tag, texts] of Object.entries(ownTexts)) {
    t.same(Object.keys(texts), Object.keys(en), `${tag}: all of them, in the same order`)
    const categories = new Intl.PluralRules(tag).resolvedOptions().pluralCategories.sort()
    for (const [key, text] of Object.entries(texts) as Array<[keyof Texts, string | PluralText]>) {
      const places = placeholdersOf(formsOf(en[key])[0]!)
      for (const form of formsOf(text)) {
        t.same(placeholdersOf(form), places, `${tag}: ${key}`)
        t.ok(form.trim() === form && form !== '', `${tag}: ${key}`)
      }
      t.equal(typeof text, typeof en[key], `${tag}: ${key}`)
      if (typeof text !== 'string') t.same(Object.keys(text).sort(), categories, `${tag}: ${key}`)
    }
  }
})

t.test('German is German: nothing was left as it is in English but names', async (t) => {
  const same = Object.entries(ownTexts.de!).filter(([key, text]) => JSON.stringify(text) === JSON.stringify(en[key as keyof Texts])).map(([key]) => key)
  t.same(same, ['simulated.label', 'code.label', 'refused.code'])
})

t.test('each code and each help word has its text; in English the code says on a page what it says in JSON', async (t) => {
  for (const code of errorCodes) t.equal(en[`error.${code}`], errorText(code))
  for (const word of helpWords) t.ok(en[`help.${word}`], word)
})

/** A language in which each text is nothing but a mark. */
const marked: Language = {
  tag: 'en',
  dir: 'ltr',
  texts: Object.fromEntries(Object.entries(en).map(([key, text]) => {
    const mark = `⟦${placeholdersOf(formsOf(text)[0]!).map((name) => `{${name}}`).join('')}⟧`
    return [key, typeof text === 'string' ? mark : { other: mark }]
  })) as unknown as Texts,
  refusals: {}
}

/** Views that show what no other does. */
const variants: Array<{ [Name in PageName]: [Name, Partial<PageViews[Name]>] }[PageName]> = [
  ['signIn', { startUrl: null }],
  ...(['signed_out', 'signed_out_at_microsoft', 'recent_sign_in', 'consented'] as const).map((notice): ['signIn', Partial<PageViews['signIn']>] => ['signIn', { notice }]),
  ['code', { code: null, error: 'otp_expired' }],
  ['code', { error: 'otp_invalid', mailboxPath: '/mailbox' }],
  ['code', { code: { ...codeView.code!, triesLeft: 0, mayResend: false } }],
  ['code', { code: { ...codeView.code!, minutesLeft: 0 } }],
  ['code', { code: { ...codeView.code!, minutesLeft: 0, mayResend: false } }],
  ['account', { user: { ...accountView.user, displayName: null, email: null }, identifiers: [], signsOutAtMicrosoft: true }],
  ['account', { signsOutAtMicrosoft: false, identities: accountView.identities.map((one) => ({ ...one, canUnlink: false })) }],
  ...errorCodes.map((code): ['error', Partial<PageViews['error']>] => ['error', { code, canLink: true }]),
  ...helpWords.map((help): ['error', Partial<PageViews['error']>] => ['error', { code: 'access_denied', help, adminConsentUrl: 'https://app.example/consent' }]),
  ['consent', { returnsTo: { scheme: 'com.example:' }, person: null, wanted: ['openid', 'profile', 'email', 'email_trust', 'offline_access'] }],
  ['appSignOut', { appName: null }],
  ['appSignedOut', { signedIn: true }],
  ...['access_denied', 'invalid_client', 'invalid_redirect_uri', 'server_error'].map((error): ['appError', Partial<PageViews['appError']>] => ['appError', { error }])
]

/** All that a person can see or hear of a page, without markup. */
function wordsOf (document: string): string {
  const body = document.replace(/<style>[^]*?<\/style>/, '')
  const heard = Array.from(body.matchAll(/ (?:aria-label|title|alt|placeholder)="([^"]*)"/g), ([, words]) => words!)
  return [body.replace(/<[^>]*>/g, ' '), ...heard].join(' ')
}

/** All values of a view, however deep. */
function valuesOf (view: unknown): string[] {
  if (typeof view === 'object' && view !== null) return Object.values(view).flatMap(valuesOf)
  return typeof view === 'string' ? [view] : []
}

t.test('no page says anything that does not stand in the files of texts', async (t) => {
  const all = [...Object.entries(views).map(([name, view]) => [name, view]), ...variants.map(([name, change]) => [name, { ...views[name], ...change }])] as Array<[PageName, PageViews[PageName]]>
  for (const [name, view] of all) {
    let words = wordsOf(draw(name, view, { simulated: true, language: marked })).replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
    t.match(words, '⟦', `${name} has texts`)
    // A moment is the language's own (CLDR).
    for (const value of [...valuesOf(view), 'November 22, 2026 at 09:30 UTC', 'Firefox', 'Linux'].sort((a, b) => b.length - a.length)) words = words.replaceAll(value, '')
    t.notMatch(words, /\p{L}/u, name)
  }
})

t.test('and each text is said by some page', async (t) => {
  const said = new Set<string>()
  const texts = new Proxy(en as unknown as Texts, { get: (target, key) => { said.add(String(key)); return Reflect.get(target, key) } })
  const language = { ...marked, texts }
  for (const [name, view] of Object.entries(views) as Array<[PageName, PageViews[PageName]]>) draw(name, view, { language, simulated: true })
  for (const [name, change] of variants) draw(name, { ...views[name], ...change } as PageViews[PageName], { language })
  for (const kind of ['mailbox_control', 'tenant_domain', 'verified_email_claim', 'upn', 'asserted', 'denied', 'none'] as const) {
    draw('account', { ...accountView, user: { ...accountView.user, email: { ...accountView.user.email!, verified: false, evidence: [{ kind, score: 0, sentence: '' }] } } }, { language })
  }
  draw('account', { ...accountView, identifiers: [{ ...accountView.identifiers[0]!, provenance: { tid: null, oid: null, kind: 'application', at: 0 } }] }, { language })
  t.same(Object.keys(en).filter((key) => !said.has(key)), [])
})

t.test('values are escaped, markup of ours is not, numbers are written and counted as the language does', async (t) => {
  const say = sayIn({ tag: 'pl', texts: { ...ownTexts.en!, 'code.tries_left': { one: '{count} próba', few: '{count} próby', other: '{count} prób' } } })
  t.equal(String(say('code.sent', { address: '<b>' })), 'A code of six digits was mailed to &lt;b&gt;.')
  t.same([1, 2, 5].map((count) => String(say('code.tries_left', { count }))), ['1 próba', '2 próby', '5 prób'])
  t.equal(String(sayIn(ownLanguages[1]!)('code.tries_left', { count: 1234 })), 'Sie haben 1.234 Versuche.')
  t.equal(String(say('code.label')), 'Code')
})
