import type { en } from './texts/en.ts'

/** The name of a text of a page. */
export type TextKey = keyof typeof en

/** A text that depends on a number: a form for each plural category that the language has (Unicode CLDR), `other` always. */
export type PluralText = { readonly other: string } & { readonly [Category in Exclude<Intl.LDMLPluralRule, 'other'>]?: string }

/** All texts of the pages in one language. `{name}` in a text is where a value goes. */
export type Texts = { readonly [Key in TextKey]: (typeof en)[Key] extends string ? string : PluralText }

/** The names of the values that a text takes, each once and sorted. */
export function placeholdersOf (text: string): string[] {
  return [...new Set(Array.from(text.matchAll(/\{(\w+)\}/g), ([, name]) => name!))].sort()
}
