const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * Forges a text: the character at `at` (from the end where negative) becomes
 * another one, in every run. In base64url the highest of its six bits is
 * flipped: in the last character the lower ones may be stray, and mean the same octets.
 */
export function differ (text: string, at: number): string {
  const index = at < 0 ? text.length + at : at
  const other = base64url[base64url.indexOf(text[index]!) ^ 32] ?? 'A'
  return text.slice(0, index) + other + text.slice(index + 1)
}
