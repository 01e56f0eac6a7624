import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { CookieJar } from 'tough-cookie'

const navigation = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

/** A page, or whatever else a browser has come to. */
export interface Page {
  readonly url: URL
  readonly status: number
  readonly body: string
}

/** A browser without scripts: keeps cookies, follows redirects over real HTTP, posts forms. */
export interface Browser {
  readonly get: (url: string) => Promise<Page>
  /** Posts the one form of a page, with its hidden fields and some more. */
  readonly submit: (page: Page, fields?: Readonly<Record<string, string>>) => Promise<Page>
  /** All addresses it was at, in order. */
  readonly visited: readonly URL[]
}

export function createBrowser (): Browser {
  const jar = new CookieJar()
  const visited: URL[] = []
  return { get: async (url) => await visit(new URL(url)), submit, visited }

  async function submit ({ url, body }: Page, fields: Readonly<Record<string, string>> = {}): Promise<Page> {
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(body)!
    const hidden = [...body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name, value]) => [name!, value!])
    return await visit(new URL(action!, url), new URLSearchParams({ ...Object.fromEntries(hidden), ...fields }))
  }

  async function visit (url: URL, form?: URLSearchParams): Promise<Page> {
    visited.push(url)
    const { answer, body } = await send(url, await jar.getCookieString(url.href), form?.toString())
    for (const cookie of answer.headers['set-cookie'] ?? []) await jar.setCookie(cookie, url.href)
    const { location } = answer.headers
    return location === undefined ? { url, status: answer.statusCode!, body } : await visit(new URL(location, url))
  }
}

/** By node:http: `fetch` has headers of its own in the place of a browser's. */
async function send (url: URL, cookie: string, form: string | undefined): Promise<{ answer: IncomingMessage, body: string }> {
  const sent = request(url, {
    method: form === undefined ? 'GET' : 'POST',
    headers: { ...navigation, cookie, ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) }
  })
  sent.end(form)
  const [answer] = await once(sent, 'response') as [IncomingMessage]
  return { answer, body: await text(answer) }
}
