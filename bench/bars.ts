import { colors, escape, pictureOf } from './picture.ts'

/** Bars to compare. */
export interface Bars {
  readonly title: string
  /** Each has a scale of its own: the longest bar of each is as long. */
  readonly groups: ReadonlyArray<{ readonly name: string, readonly unit: string, readonly bars: ReadonlyArray<{ readonly name: string, readonly value: number }> }>
}

const width = 760
const left = 130
const longest = 500
const top = 44
const heading = 26
const step = 24

/** The bars as an SVG picture, readable on light and dark grounds. A name has the same colour in every group. */
export function barsOf ({ title, groups }: Bars): string {
  const names = [...new Set(groups.flatMap(({ bars }) => bars.map(({ name }) => name)))]
  let y = top
  const parts = groups.map(({ name, unit, bars }) => {
    const most = Math.max(...bars.map(({ value }) => value))
    const head = `<text x="${left}" y="${y + 16}" font-weight="600">${escape(name)}</text>`
    const rows = bars.map((bar, index) => {
      const at = y + heading + index * step
      const length = Math.round(bar.value / most * longest * 10) / 10
      return `<text x="${left - 8}" y="${at + 13}" text-anchor="end">${escape(bar.name)}</text><rect x="${left}" y="${at}" width="${length}" height="${step - 6}" fill="${colors[names.indexOf(bar.name) % colors.length]}"/><text x="${left + length + 6}" y="${at + 13}">${wordOf(bar.value)} ${escape(unit)}</text>`
    })
    y += heading + bars.length * step + 8
    return [head, ...rows].join('\n')
  })
  return pictureOf({ title, width, height: y + 8, left }, parts.join('\n'))
}

/** Three digits say enough. */
function wordOf (value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)))
}
