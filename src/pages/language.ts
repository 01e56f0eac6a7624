import Negotiator from 'negotiator'
import type { Texts } from './texts.ts'
import { de } from './texts/de.ts'
import { en } from './texts/en.ts'

/** A language that the pages speak. */
export interface Language {
  /** As BCP 47 spells it: `en`, `pt-BR`. */
  readonly tag: string
  /** Which way it is written. */
  readonly dir: 'ltr' | 'rtl'
  readonly texts: Texts
  /** What the application's own refusals say in it, by their codes. */
  readonly refusals: Readonly<Record<string, string>>
}

/** Scripts that are written from right to left (Unicode, UAX 44: bidi classes R and AL), those in use. */
const rightToLeft: ReadonlySet<string | undefined> = new Set(['Adlm', 'Arab', 'Hebr', 'Mand', 'Nkoo', 'Rohg', 'Samr', 'Syrc', 'Thaa', 'Yezi'])

/** Makes a language of its texts. */
export function createLanguage (tag: string, texts: Texts, refusals: Language['refusals'] = {}): Language {
  const { script } = new Intl.Locale(tag).maximize()
  return Object.freeze({ tag, dir: rightToLeft.has(script) ? 'rtl' : 'ltr', texts, refusals })
}

/** The languages that are there from the start, in the order in which they are offered. */
export const ownTexts: Readonly<Record<string, Texts>> = Object.freeze({ en, de })

/** The same as languages. */
export const ownLanguages: readonly Language[] = Object.freeze(Object.entries(ownTexts).map(([tag, texts]) => createLanguage(tag, texts)))

/** What says which language somebody reads. */
export interface LanguageWishes {
  /** The header `Accept-Language` (RFC 9110 section 12.5.4). */
  readonly acceptLanguage?: string | undefined
  /** What an app asks for, by `ui_locales` (OpenID Connect Core section 3.1.2.1): tags with spaces between them. It goes first. */
  readonly uiLocales?: unknown
}

/** How much of a list is looked at, in UTF-16 units: what a stranger sends must not cost much. */
const longestList = 256

/**
 * The language for somebody, by lookup (RFC 4647 section 3.4): `de` serves who asks for `de-AT`. Who wants none of
 * those that there are gets the first one.
 */
export function chooseLanguage (languages: readonly Language[], { acceptLanguage, uiLocales }: LanguageWishes): Language {
  const asked = typeof uiLocales === 'string' ? uiLocales.slice(0, longestList).split(' ') : []
  const accepted = new Negotiator({ headers: { 'accept-language': acceptLanguage?.slice(0, longestList) } }).languages()
  for (const range of [...asked, ...accepted].flatMap(widen)) {
    const found = languages.find(({ tag }) => tag.toLowerCase() === range)
    if (found !== undefined) return found
  }
  return languages[0]!
}

/** A range, and the wider ones that lookup goes on to: `zh-hant-tw`, `zh-hant`, `zh`. */
function widen (range: string): string[] {
  const subtags = range.toLowerCase().split('-')
  return subtags.map((_, index) => subtags.slice(0, subtags.length - index).join('-'))
}
