import { ConfigurationError } from '../core/errors.ts'
import { createLanguage, type Language, ownTexts } from './language.ts'
import { placeholdersOf, type PluralText, type TextKey, type Texts } from './texts.ts'
import { en } from './texts/en.ts'

/** Texts of an application, by language; further members are `error.CODE` for its own codes. */
export type GivenTexts = Readonly<Record<string, { readonly [Key in TextKey]?: Texts[Key] } & Readonly<Record<`error.${string}`, string>>>>

const keys = Object.keys(en) as TextKey[]

/** What the options say about languages. */
export interface LanguageSettings {
  readonly texts?: GivenTexts | undefined
  /** Tags in the order in which they are offered; ours and those of `texts` where it is left out. */
  readonly offered?: readonly string[] | undefined
  /** The application's own codes. */
  readonly ownCodes: readonly string[]
}

/**
 * The languages that the pages speak.
 *
 * @throws ConfigurationError for a text that no page has, one with other places for values, a language of which some are missing, and one that is offered without any.
 */
export function readLanguages ({ texts = {}, offered, ownCodes }: LanguageSettings): readonly Language[] {
  const tags = [...new Set([...Object.keys(ownTexts), ...Object.keys(texts)])]
  for (const tag of offered ?? []) {
    if (!tags.includes(tag)) throw new ConfigurationError(`fastify-entra/pages: option "pageLanguages" has "${tag}", and there are no texts in it. Give them by option "pageTexts", all of them: englishTexts of fastify-entra/pages has their names.`)
  }
  const languages = new Map(tags.map((tag) => [tag, readLanguage(tag, texts[tag] ?? {}, ownCodes)]))
  return Object.freeze((offered ?? tags).map((tag) => languages.get(tag)!))
}

function readLanguage (tag: string, given: GivenTexts[string], ownCodes: readonly string[]): Language {
  const place = `fastify-entra/pages: option "pageTexts.${tag}"`
  requireTag(tag, place)
  const refusals: Record<string, string> = {}
  const texts: Record<string, string | PluralText> = { ...ownTexts[tag] }
  for (const [key, text] of Object.entries(given)) {
    const ownCode = ownCodes.find((code) => key === `error.${code}`)
    if (ownCode !== undefined) refusals[ownCode] = readText(place, key, text, '') as string
    else if (Object.hasOwn(en, key)) texts[key] = readText(place, key, text, en[key as TextKey])
    else throw new ConfigurationError(`${place} has "${key}", which no page says. englishTexts of fastify-entra/pages has what they say.`)
  }
  const missing = keys.filter((key) => !Object.hasOwn(texts, key))
  if (missing.length === 0) return createLanguage(tag, texts as unknown as Texts, Object.freeze(refusals))
  throw new ConfigurationError(`${place} has no text for ${missing.slice(0, 5).map((key) => `"${key}"`).join(', ')}${missing.length > 5 ? ` and ${missing.length - 5} others` : ''}. A language that is not ours must have all texts.`)
}

function requireTag (tag: string, place: string): void {
  try {
    if (Intl.getCanonicalLocales(tag)[0] === tag) return
  } catch {}
  throw new ConfigurationError(`${place}: "${tag}" is no language tag as BCP 47 writes it. Write "de", "pt-BR" or "zh-Hant", say.`)
}

/** A text that is fit to stand in place of another one: of its kind, and with values at no other places. */
function readText (place: string, key: string, text: unknown, model: string | PluralText): string | PluralText {
  const forms: unknown[] = typeof model === 'string' ? [text] : Object.values(Object(text) as object)
  const isKind = forms.length > 0 && forms.every((form) => typeof form === 'string' && form.trim() !== '') && (typeof model === 'string' || typeof (text as PluralText).other === 'string')
  if (!isKind) throw new ConfigurationError(`${place}: "${key}" must be ${typeof model === 'string' ? 'a text' : 'the forms of a text by plural category, "other" among them'}.`)
  const places = placeholdersOf(typeof model === 'string' ? model : model.other)
  const strange = (forms as string[]).flatMap(placeholdersOf).find((name) => !places.includes(name))
  if (strange === undefined) return text as string | PluralText
  throw new ConfigurationError(`${place}: "${key}" has a place for {${strange}}, and there is ${places.length === 0 ? 'no value in it' : `only {${places.join('}, {')}}`}.`)
}
