import { html, type SafeHtml } from '@remix-run/html-template'
import type { Language } from './language.ts'
import type { PluralText, TextKey } from './texts.ts'

/** What goes in the places of a text: text is escaped, markup is not. `count` chooses the plural form. */
export type TextValues = Readonly<Record<string, SafeHtml | string | number>>

/** Says a text of the pages in one language. */
export type Say = (key: TextKey, values?: TextValues) => SafeHtml

/** Who says things in a language. */
export function sayIn ({ tag, texts }: Pick<Language, 'tag' | 'texts'>): Say {
  const plurals = new Intl.PluralRules(tag)
  const numbers = new Intl.NumberFormat(tag)
  return (key, values = {}) => {
    const text: string | PluralText = texts[key]
    if (typeof text === 'string') return fill(text, values)
    const count = Number(values.count)
    return fill(text[plurals.select(count)] ?? text.other, { ...values, count: numbers.format(count) })
  }
}

/** Every second part is the name of a value. */
function fill (text: string, values: TextValues): SafeHtml {
  return html`${text.split(/\{(\w+)\}/).map((part, index) => index % 2 === 0 ? part : values[part])}`
}
