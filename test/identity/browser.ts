import { Agent, request } from 'node:http'
import { CookieJar } from 'tough-cookie'

/** An answer, read to its end. */
export interface Page {
  readonly url: string
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** A browser without script: cookies by host and path, redirects, forms. */
export interface Browser {
  readonly jar: CookieJar
  /** Opens a page, and goes where it is sent: until a page comes, or an address of an app. */
  readonly open: (url: string, from?: string) => Promise<Page>
  /** Posts a form, and goes where it is sent. `from` is the origin of the page that has it; that of the target where it is left out. */
  readonly submit: (url: string, fields: Readonly<Record<string, string>>, from?: string) => Promise<Page>
  /** One request, and no redirect followed. */
  readonly once: (url: string, fields?: Readonly<Record<string, string>>, from?: string) => Promise<Page>
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const redirects = new Set([301, 302, 303, 307, 308])

/**
 * @param isApp - Addresses at which an app waits, so that nothing is asked there. What is no http address is always one.
 */
export function createBrowser (isApp: (url: URL) => boolean = () => false): Browser {
  const jar = new CookieJar(undefined, { allowSpecialUseDomain: true, rejectPublicSuffixes: false, prefixSecurity: 'unsafe-disabled' })
  const browser: Browser = {
    jar,
    open: async (url, from) => await follow(await browser.once(url, undefined, from)),
    submit: async (url, fields, from) => await follow(await browser.once(url, fields, from)),
    once: async (url, fields, from) => await send(new URL(url), fields, from)
  }
  return browser

  async function follow (page: Page, hops = 0): Promise<Page> {
    const { location: redirect, refresh } = page.headers
    const location = redirects.has(page.status) ? redirect : /^0; url=(.+)$/.exec(String(refresh))?.[1]
    if (typeof location !== 'string') return page
    if (hops > 20) throw new Error(`redirected for ever, at last to ${location}`)
    const next = new URL(location, page.url)
    if (next.protocol !== 'http:' || isApp(next)) return { url: next.href, status: 0, headers: {}, body: '' }
    return await follow(await send(next), hops + 1)
  }

  async function send (url: URL, fields?: Readonly<Record<string, string>>, from = url.origin): Promise<Page> {
    const headers: Record<string, string> = {
      accept: 'text/html',
      cookie: await jar.getCookieString(url.href),
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      'sec-fetch-site': from === url.origin ? 'same-origin' : 'cross-site',
      ...(fields !== undefined && { 'content-type': 'application/x-www-form-urlencoded', origin: from })
    }
    return await new Promise((resolve, reject) => {
      const sent = request(url, { method: fields === undefined ? 'GET' : 'POST', headers, agent }, (response) => {
        let body = ''
        response.on('data', (chunk) => { body += String(chunk) })
        response.on('error', reject)
        response.on('end', () => {
          const cookies = response.headers['set-cookie'] ?? []
          Promise.all(cookies.map(async (cookie) => await jar.setCookie(cookie, url.href, { ignoreError: true })))
            .then(() => resolve({ url: url.href, status: response.statusCode!, headers: response.headers, body }), reject)
        })
      })
      sent.on('error', reject)
      sent.end(fields === undefined ? undefined : new URLSearchParams(fields).toString())
    })
  }
}

/** The fields of the form on a page that has a certain button or field. */
export function formOf ({ body, url }: Page, has: string): { action: string, fields: Record<string, string> } {
  for (const [, attributes, inside] of body.matchAll(/<form ([^>]*)>([^]*?)<\/form>/g)) {
    if (!inside!.includes(has)) continue
    const action = new URL(/action="([^"]*)"/.exec(attributes!)?.[1] ?? '', url).href
    const inputs = [...inside!.matchAll(/<input [^>]*name="([^"]+)" value="([^"]*)"/g)]
    return { action, fields: Object.fromEntries(inputs.map(([, name, value]) => [name!, value!])) }
  }
  throw new Error(`no form with ${has} at ${url}: ${body.replace(/<style>[^]*<\/style>/, '').slice(0, 500)}`)
}
