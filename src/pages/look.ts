import { createHash } from 'node:crypto'
import { type PageColors, readColors } from './colors.ts'
import { styleOf } from './style.ts'

/** A picture above each page. */
export interface PageLogo {
  /** A path of this site, or a `data:` URL of a picture. */
  readonly src: string
  /** What it says to who does not see it: mostly the name of the application. */
  readonly alt: string
}

/** What all pages look like. */
export interface Look {
  readonly style: string
  /** How a policy names that style. */
  readonly styleSource: string
  readonly logo: PageLogo | null
}

/** The look that the options ask for. */
export function createLook ({ colors, logo }: { readonly colors?: PageColors | undefined, readonly logo?: PageLogo | undefined } = {}): Look {
  const style = styleOf(readColors(colors))
  return Object.freeze({ style, styleSource: hashSource(style), logo: logo ?? null })
}

/** Our own look. */
export const defaultLook: Look = createLook()

/** How a policy names an inline style that may be used: by its hash, so that no other one may (CSP 3 section 2.3.1). */
export function hashSource (inline: string): string {
  return `'sha256-${createHash('sha256').update(inline).digest('base64')}'`
}
