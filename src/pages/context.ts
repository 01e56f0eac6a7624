import type { Language } from './language.ts'
import { type Say, sayIn } from './say.ts'

/** What a page knows beside its view. */
export interface PageContext {
  readonly language: Language
  /** Says a text in that language. */
  readonly say: Say
}

/** What a page knows in a language. */
export function contextIn (language: Language): PageContext {
  return { language, say: sayIn(language) }
}
