/** Headers of a request, lower-case, as Node gives them. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>

/**
 * Whether a request that changes something comes from our own pages, or from
 * a program that no web page can drive (OWASP ASVS 3.5.1 and 3.5.3, abuse cases S10 and L18).
 *
 * `Sec-Fetch-Site` decides where it is there; else `Origin`; where a client
 * sends neither, a custom header (`X-Requested-With`), which no page can send
 * to another site without being asked first, or the token of the form.
 *
 * @param origin - Of this application: `https://app.example`.
 * @param hasToken - Whether the request carries the CSRF token of its session.
 * @param isFrontEnd - Whether its `Origin` is that of a front end of the application's own, of the same site.
 */
export function isOwnRequest (headers: RequestHeaders, origin: string, hasToken: () => boolean, isFrontEnd: boolean = false): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || (site === 'same-site' && isFrontEnd)
  if (headers.origin !== undefined) return headers.origin === origin || isFrontEnd
  return headers['x-requested-with'] !== undefined || hasToken()
}

/**
 * Whether a request may be a person who opens a page: no image, frame or
 * script of another page (abuse case O32). Browsers that do not say are
 * believed, and links from other sites and from My Apps work.
 */
export function mayBeNavigation (headers: RequestHeaders): boolean {
  const mode = headers['sec-fetch-mode']
  const destination = headers['sec-fetch-dest']
  return (mode === undefined || mode === 'navigate') && (destination === undefined || destination === 'document')
}

/** Whether the client would rather be shown a page than be sent JSON. */
export function wantsPage (headers: RequestHeaders): boolean {
  const accept = headers.accept
  return typeof accept === 'string' && /\btext\/html\b/i.test(accept)
}
