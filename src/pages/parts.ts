import { html, type SafeHtml } from '@remix-run/html-template'
import type { Say } from './say.ts'

/** What stands for itself within a sentence, and may be written the other way than the sentence is: a name, an address. */
export function named (text: string): SafeHtml {
  return html`<strong><bdi>${text}</bdi></strong>`
}

/** Whoever is signed in, by name. */
export function personNamed (say: Say, person: string | null): SafeHtml {
  return person === null ? html`<strong>${say('person.nameless')}</strong>` : named(person)
}

/** A link that shows where it leads. */
export function addressLink (url: string): SafeHtml {
  return html`<a href="${url}" rel="noopener noreferrer"><bdi>${url}</bdi></a>`
}

/** The way on: a link that looks like a button. */
export function stepLink (url: string, text: SafeHtml | string): SafeHtml {
  return html`<p><a class="button" href="${url}">${text}</a></p>`
}

/** A form of one button, by POST. */
export interface ButtonForm {
  readonly action: string
  /** Its hidden fields. */
  readonly fields: Readonly<Record<string, string>>
  readonly text: SafeHtml
  /** What the button is called for who hears it, where its text alone is not enough. It contains the text. */
  readonly name?: SafeHtml | undefined
  /** Whether it is the main one of the page. */
  readonly main?: boolean | undefined
}

/** A form with one button. */
export function buttonForm ({ action, fields, text, name, main = false }: ButtonForm): SafeHtml {
  return html`<form method="post" action="${action}">
${Object.entries(fields).map(([field, value]) => html`<input type="hidden" name="${field}" value="${value}">`)}
<button class="${main ? 'button' : 'button other'}" type="submit"${name === undefined ? null : html` aria-label="${name}"`}>${text}</button>
</form>`
}

/** By the tags of the languages that there are: to make one takes longer than to draw the rest of a page. */
const formats = new Map<string, Intl.DateTimeFormat>()

/** A moment, to the minute, in the one time zone that no script is needed for. */
export function momentText (tag: string, at: number): string {
  const format = formats.get(tag) ?? new Intl.DateTimeFormat(tag, {
    day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'UTC', timeZoneName: 'short'
  })
  formats.set(tag, format)
  return format.format(at)
}

/** The same for people and for programs. */
export function moment (tag: string, at: number): SafeHtml {
  return html`<time datetime="${new Date(at).toISOString()}">${momentText(tag, at)}</time>`
}
