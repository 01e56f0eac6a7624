/** Text that is HTML already. Made by {@link html} alone. */
export class Html {
  readonly text: string
  constructor (text: string) {
    this.text = text
  }

  toString (): string {
    return this.text
  }
}

type Value = Html | string | number | null | readonly Value[]

/** A template whose values are escaped; {@link Html} goes in as it is, `null` as nothing, lists one after the other. */
export function html (parts: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(parts.map((part, index) => part + (index < values.length ? render(values[index]!) : '')).join(''))
}

function render (value: Value): string {
  if (value === null) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(render).join('')
  return escape(String(value))
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escape (text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!)
}
