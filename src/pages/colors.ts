import { ConfigurationError } from '../core/errors.ts'
import { contrastOf } from './contrast.ts'

/** The colours of the pages, each as `#rrggbb`. */
export interface Palette {
  /** Behind everything. */
  readonly background: string
  /** Behind what is written. */
  readonly surface: string
  readonly text: string
  /** Of links, of the main button and of the frame around what has the focus. */
  readonly accent: string
  /** What is written on the main button. */
  readonly onAccent: string
}

/** The colours for people who like it light, and for those who like it dark. */
export interface PageColors {
  readonly light?: Partial<Palette> | undefined
  readonly dark?: Partial<Palette> | undefined
}

/** A palette for each. */
export interface Palettes {
  readonly light: Palette
  readonly dark: Palette
}

/** What the pages look like where no option says otherwise. */
export const defaultPalettes: Palettes = Object.freeze({
  light: Object.freeze({ background: '#f4f5f8', surface: '#ffffff', text: '#1a1d23', accent: '#0b57b0', onAccent: '#ffffff' }),
  dark: Object.freeze({ background: '#14161b', surface: '#1e2128', text: '#eceef2', accent: '#9cc7ff', onAccent: '#10131a' })
})

/** Which colours meet, and how far they must stand apart (WCAG 2.2, 1.4.3 for what is read, 1.4.11 for what is only seen). */
const meetings: ReadonlyArray<readonly [front: keyof Palette, back: keyof Palette, least: number, rule: string]> = [
  ['text', 'surface', 4.5, '1.4.3'],
  ['text', 'background', 4.5, '1.4.3'],
  ['accent', 'surface', 4.5, '1.4.3'],
  ['onAccent', 'accent', 4.5, '1.4.3'],
  ['accent', 'background', 3, '1.4.11']
]

/**
 * The palettes that an option gives, each colour in place of ours.
 *
 * @throws ConfigurationError for what is no colour, and for colours that people could not tell apart: with the ratio.
 */
export function readColors (given: PageColors = {}): Palettes {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(defaultPalettes, name)) throw new ConfigurationError(`fastify-entra/pages: option "pageColors" has no "${name}". It has "light" and "dark".`)
  }
  return { light: paletteOf('light', given.light), dark: paletteOf('dark', given.dark) }
}

function paletteOf (mode: keyof Palettes, given: Partial<Palette> = {}): Palette {
  for (const [name, value] of Object.entries(given)) requireColor(mode, name, value)
  const palette = { ...defaultPalettes[mode], ...given }
  for (const [front, back, least, rule] of meetings) {
    const ratio = contrastOf(palette[front], palette[back])
    if (ratio < least) throw new ConfigurationError(`fastify-entra/pages: option "pageColors.${mode}" has "${front}" ${palette[front]} on "${back}" ${palette[back]}, a contrast of ${cut(ratio)} to 1, and it must be ${least} to 1 (WCAG 2.2, ${rule}). Make one of them darker or lighter; what is left out is ours.`)
  }
  return palette
}

function requireColor (mode: string, name: string, value: unknown): void {
  if (!Object.hasOwn(defaultPalettes.light, name)) throw new ConfigurationError(`fastify-entra/pages: option "pageColors.${mode}" has no "${name}". It has ${Object.keys(defaultPalettes.light).map((one) => `"${one}"`).join(', ')}.`)
  if (typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value)) return
  throw new ConfigurationError(`fastify-entra/pages: option "pageColors.${mode}.${name}" must be a colour as "#0b57b0", six hexadecimal digits, but ${JSON.stringify(value)} was given.`)
}

/** Cut and not rounded: 4.49 is not 4.5. */
function cut (ratio: number): number {
  return Math.floor(ratio * 100) / 100
}
