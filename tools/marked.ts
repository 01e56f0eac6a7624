/** The document with another text between `<!-- NAME -->` and `<!-- /NAME -->`; as it is where it has no such marks. */
export function withMarked (document: string, name: string, text: () => string): string {
  return document.replace(new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- /${name} -->)`), (_all, start: string, end: string) => start + text() + end)
}

/** Text as one cell of a table in Markdown. */
export function cell (text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll(/\s+/g, ' ')
}
