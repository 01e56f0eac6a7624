import { html, type SafeHtml } from '@remix-run/html-template'
import type { Mail, MailWording } from './types.ts'

// What ends a line in any reader, and what reverses the text around it.
const unfitForLine = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu

/**
 * Writes a mail. Values are escaped in its HTML part, and a subject stays one
 * line: nothing that is in it can become a header (abuse case E19).
 *
 * @throws TypeError where an own wording gives no text.
 */
export function compose<Values extends { readonly address: string }> (
  wording: MailWording<Values>, values: Values, emphasised?: string
): Mail {
  const subject = asText(wording.subject(values)).replace(unfitForLine, ' ').trim()
  const text = asText(wording.text(values))
  const document = wording.html === undefined ? documentOf(subject, text, emphasised) : asText(wording.html(escaped(values)))
  return Object.freeze({ to: values.address, subject, text, html: document })
}

function asText (value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '') throw new TypeError('a mail has no text')
  return value
}

function escaped<Values extends object> (values: Values): Values {
  const entries = Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? String(html`${value}`) : value])
  return Object.fromEntries(entries) as Values
}

/** The plain text as HTML: paragraphs, and the one that is the code in large digits. Styles stand at the elements: mail readers drop all others. */
function documentOf (title: string, text: string, emphasised: string | undefined): string {
  const paragraphs = text.split(/\r?\n(?:[ \t]*\r?\n)+/).map((paragraph) => paragraph.trim()).filter((paragraph) => paragraph !== '')
  return String(html`<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
</head>
<body style="font: 16px/1.5 sans-serif; max-width: 36em; margin: 1.5em auto; padding: 0 1em">
${paragraphs.map((paragraph) => paragraph === emphasised ? large(paragraph) : html`<p>${linesOf(paragraph)}</p>\n`)}</body>
</html>
`)
}

function large (paragraph: string): SafeHtml {
  return html`<p style="font-size: 32px; letter-spacing: 4px; margin: 1em 0"><strong>${paragraph}</strong></p>\n`
}

function linesOf (paragraph: string): SafeHtml[] {
  return paragraph.split(/\r?\n/).map((line, index) => index === 0 ? html`${line}` : html`<br>\n${line}`)
}
