import type { Language } from './language.ts'
import { type Say, sayIn } from './say.ts'

/** What a page knows beside its view. */
export interface PageContext {
  readonly language: Language
  /** Says a text in that language. */
  readonly say: Say
}

const contexts = new WeakMap<Language, PageContext>()

/** What a page knows in a language. Made once: what plurals and numbers are written by takes a while to make. */
export function contextIn (language: Language): PageContext {
  const known = contexts.get(language) ?? { language, say: sayIn(language) }
  contexts.set(language, known)
  return known
}
