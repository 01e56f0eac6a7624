/** The cookies of one pretended browser. Domains and paths are not looked at: it visits one application. */
export interface CookieJar {
  /** Takes what `Set-Cookie` headers say. */
  store: (setCookies: readonly string[]) => void
  /** Value of the `Cookie` header: all that is alive. */
  header: () => string
  /** The same for what another site posts: those with `SameSite=None` alone, as browsers have it today. */
  headerForCrossSitePost: () => string
  /** What is alive, by name, as it was sent. */
  all: () => Record<string, string>
}

/**
 * A jar that sets, replaces and removes cookies (RFC 6265 section 5.3).
 *
 * @param cookieHeader - A `Cookie` header to begin with.
 * @param now - Milliseconds since 1970.
 */
export function createCookieJar (cookieHeader: string, now: () => number): CookieJar {
  const cookies = new Map<string, string>()
  const fromEverywhere = new Set<string>()
  for (const pair of cookieHeader.split(';')) {
    const { name, value } = readPair(pair)
    if (name !== '') cookies.set(name, value)
  }
  return {
    store: (setCookies) => {
      for (const setCookie of setCookies) {
        const [pair, ...attributes] = setCookie.split(';')
        const { name, value } = readPair(pair!)
        const read = attributes.map(readPair)
        if (isExpired(read, now())) cookies.delete(name)
        else cookies.set(name, value)
        if (find(read, 'samesite')?.toLowerCase() === 'none') fromEverywhere.add(name)
        else fromEverywhere.delete(name)
      }
    },
    header: () => write([...cookies]),
    headerForCrossSitePost: () => write([...cookies].filter(([name]) => fromEverywhere.has(name))),
    all: () => Object.fromEntries(cookies)
  }
}

function write (cookies: ReadonlyArray<readonly [name: string, value: string]>): string {
  return cookies.map(([name, value]) => `${name}=${value}`).join('; ')
}

interface Pair {
  readonly name: string
  readonly value: string
}

function readPair (text: string): Pair {
  const [name, ...value] = text.split('=')
  return { name: name!.trim(), value: value.join('=').trim() }
}

/** `Max-Age` wins over `Expires`. */
function isExpired (attributes: readonly Pair[], now: number): boolean {
  const maxAge = find(attributes, 'max-age')
  if (maxAge !== undefined) return Number(maxAge) <= 0
  const expires = find(attributes, 'expires')
  return expires !== undefined && Date.parse(expires) <= now
}

function find (attributes: readonly Pair[], wanted: string): string | undefined {
  return attributes.find(({ name }) => name.toLowerCase() === wanted)?.value
}
