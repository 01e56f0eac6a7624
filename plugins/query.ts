/**
 * A path with a query.
 *
 * @param path - Without a query of its own.
 * @param parameters - What is `null` is left out.
 */
export function withQuery (path: string, parameters: Readonly<Record<string, string | null>>): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => value === null ? [] : [`${name}=${encodeURIComponent(value)}`])
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}
