import { colors, escape, pictureOf } from './picture.ts'

/** A line of a plot. */
export interface Line {
  readonly name: string
  /** `[x, y]`, x in rising order. */
  readonly points: ReadonlyArray<readonly [number, number]>
}

/** What a plot shows. */
export interface Plot {
  readonly title: string
  /** What the axes count, with the unit. */
  readonly x: string
  readonly y: string
  readonly lines: readonly Line[]
  /** Whether each power of ten is as far from the next: for numbers of at least 1. */
  readonly xLogarithmic?: boolean
  /** Where the names of the lines stand: `bottom` for lines that all stay far from zero. */
  readonly namesAt?: 'top' | 'bottom'
}

const width = 760
const height = 360
const left = 64
const right = 24
const top = 44
const bottom = 52

/** The plot as an SVG picture, from zero on both axes but for a logarithmic one, readable on light and dark grounds. */
export function plotOf ({ title, x, y, lines, xLogarithmic = false, namesAt = 'top' }: Plot): string {
  const points = lines.flatMap((line) => line.points)
  const xs = points.map(([at]) => at)
  const xTicks = xLogarithmic ? powersAround(Math.min(...xs), Math.max(...xs)) : ticksUpTo(Math.max(...xs))
  const along = xLogarithmic ? (value: number) => Math.log10(value / xTicks[0]!) / Math.log10(xTicks.at(-1)! / xTicks[0]!) : (value: number) => value / xTicks.at(-1)!
  const yTicks = ticksUpTo(Math.max(...points.map(([, value]) => value)))
  const toX = (value: number): string => round(left + along(value) * (width - left - right))
  const toY = (value: number): string => round(height - bottom - value / yTicks.at(-1)! * (height - top - bottom))
  const path = (line: Line): string => line.points.map(([at, value], index) => `${index === 0 ? 'M' : 'L'}${toX(at)} ${toY(value)}`).join('')
  const firstName = namesAt === 'top' ? top - 6 : height - bottom - 8 - (lines.length - 1) * 16
  return pictureOf({ title, width, height, left }, `${yTicks.map((tick) => `<line x1="${left}" x2="${width - right}" y1="${toY(tick)}" y2="${toY(tick)}" stroke="#ddd"/><text x="${left - 8}" y="${toY(tick)}" dy="4" text-anchor="end">${tick}</text>`).join('\n')}
${xTicks.map((tick, index) => `<text x="${toX(tick)}" y="${height - bottom + 18}" text-anchor="${xLogarithmic && index === xTicks.length - 1 ? 'end' : 'middle'}">${xLogarithmic ? tick.toLocaleString('en') : tick}</text>`).join('\n')}
<text x="${(left + width - right) / 2}" y="${height - 12}" text-anchor="middle">${escape(x)}</text>
<text transform="translate(16 ${(top + height - bottom) / 2}) rotate(-90)" text-anchor="middle">${escape(y)}</text>
${lines.map((line, index) => `<path d="${path(line)}" fill="none" stroke="${colors[index % colors.length]}" stroke-width="1.5"/>`).join('\n')}
${lines.map(({ name }, index) => `<text x="${width - right}" y="${firstName + index * 16}" text-anchor="end" fill="${colors[index % colors.length]}">${escape(name)}</text>`).join('\n')}`)
}

/** Four to ten round numbers from 0 to the first beyond `most`. */
export function ticksUpTo (most: number): number[] {
  const power = 10 ** Math.floor(Math.log10(Math.max(most, 1) / 4))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => most / one <= 8)!
  return Array.from({ length: Math.max(1, Math.ceil(most / step)) + 1 }, (_, index) => Number((index * step).toPrecision(6)))
}

/** The powers of ten from the last that is not beyond `least` to the first that is not below `most`; two at least. */
export function powersAround (least: number, most: number): number[] {
  const first = Math.floor(Math.log10(least))
  const last = Math.max(first + 1, Math.ceil(Math.log10(most)))
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index))
}

function round (value: number): string {
  return String(Math.round(value * 10) / 10)
}
