import { type Language, ownLanguages } from '../../src/pages/language.ts'
import { defaultLook } from '../../src/pages/look.ts'
import { createRenderer, type PageName, type PageViews } from '../../src/pages/renderer.ts'

/** A page as it is sent, in English where nothing else is asked for. */
export function draw<Name extends PageName> (name: Name, view: PageViews[Name], { simulated = false, language = ownLanguages[0]! }: { simulated?: boolean, language?: Language } = {}): string {
  return createRenderer({ simulated, look: defaultLook, languages: [language] }).render(name, view, { language }).document
}
