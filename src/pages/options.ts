import { is, type OptionRules } from '../core/options.ts'
import type { PageColors } from './colors.ts'
import type { PageLogo } from './look.ts'
import { type OwnPages, pageNames } from './renderer.ts'
import type { GivenTexts } from './given-texts.ts'

/** Options of the pages plugin. */
export interface PagesOptions {
  /** Path of the sign-in page. */
  signInPath?: string | undefined
  /** Path of the account page: where a sign-in ends that named no target. */
  accountPath?: string | undefined
  /** Path of the error page. */
  errorPath?: string | undefined
  /** A picture above each page: a path of this site or a `data:` URL, and what it says to who does not see it. */
  pageLogo?: PageLogo | undefined
  /** Colours, each as `#rrggbb`; what is left out is ours. Pairs that people could not tell apart are refused. */
  pageColors?: PageColors | undefined
  /** Texts by language: single ones in place of ours, or all of them for a language of the application's own. */
  pageTexts?: GivenTexts | undefined
  /** The languages that are offered; the first one is for who reads none of them. */
  pageLanguages?: readonly string[] | undefined
  /** Pages in place of ours, by name. */
  ownPages?: OwnPages | undefined
}

const isPlain = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The rules behind {@link PagesOptions}. */
export const pagesOptionRules: OptionRules<PagesOptions> = {
  signInPath: {
    defaultText: '`/sign-in` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/sign-in"',
    about: 'Path of the sign-in page.'
  },
  accountPath: {
    defaultText: '`/account` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/account"',
    about: 'Path of the account page: where a sign-in ends that named no target.'
  },
  errorPath: {
    defaultText: '`/error` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/error"',
    about: 'Path of the error page.'
  },
  pageLogo: {
    defaultText: 'none',
    check: isLogo,
    expected: '{ src, alt }: a path of this site such as "/logo.svg" or a data: URL of a PNG, SVG, JPEG, GIF or WebP, and a text',
    about: 'A picture above each page: `{ src, alt }`, a path of this site or a `data:` URL, and what it says to who does not see it. The content security policy follows.'
  },
  pageColors: {
    defaultText: 'ours',
    check: isPlain,
    expected: 'an object { light, dark } of colours such as { light: { accent: "#0b57b0" } }',
    about: 'Colours for light and for dark: `{ light, dark }` of `background`, `surface`, `text`, `accent` and `onAccent`, each as `#rrggbb`; what is left out is ours. Pairs with too little contrast (WCAG 2.2) are refused, with the ratio.'
  },
  pageTexts: {
    defaultText: 'none',
    check: (value) => isPlain(value) && Object.values(value as object).every(isPlain),
    expected: 'texts by language, such as { de: { "sign_in.title": "Willkommen" } }',
    about: 'Texts by language: single ones in place of ours in English (`en`) and German (`de`), or all of them for another language. `error.CODE` is the text of a code of `signUpRefusals`.'
  },
  pageLanguages: {
    defaultText: '`["en", "de"]` and those of `pageTexts`',
    check: (value) => is.listOf(isLanguage)(value) && (value as string[]).length > 0,
    expected: 'a list of language tags such as ["de", "en"]',
    about: 'The languages that are offered, by `Accept-Language`. The first one is for who reads none of them.'
  },
  ownPages: {
    defaultText: 'none',
    check: (value) => isPlain(value) && Object.entries(value as object).every(([name, page]) => pageNames.includes(name as never) && is.function(page)),
    expected: `functions by the name of a page: ${pageNames.join(', ')}`,
    about: 'Pages in place of ours: functions (view, tools) by the name of the page, that give a fragment or a whole document.'
  }
}

/** A path of this site or a picture in the page itself: nobody else is told who opens a page. */
function isLogo (value: unknown): boolean {
  if (!isPlain(value)) return false
  const { src, alt, ...rest } = value as Record<string, unknown>
  const isPicture = is.path(src) || (typeof src === 'string' && /^data:image\/(?:png|svg\+xml|jpeg|gif|webp)[;,][!-~]+$/.test(src))
  return isPicture && is.text(alt) && Object.keys(rest).length === 0
}

function isLanguage (value: unknown): boolean {
  try {
    return typeof value === 'string' && Intl.getCanonicalLocales(value)[0] === value
  } catch {
    return false
  }
}
