import { request } from 'node:http'
import { type CookieJar, createCookieJar } from '../../src/simulator/cookie-jar.ts'

/** An answer, read to its end. */
export interface Answer {
  readonly url: string
  readonly status: number
  readonly body: string
}

/** A client with a cookie jar that follows redirects, as curl does. (Node's fetch says that it is a script, and is refused at the start route.) */
export interface Client {
  readonly jar: CookieJar
  get: (url: string) => Promise<Answer>
  /** Enters the newest code of the simulator's mailbox. */
  enterCode: () => Promise<Answer>
  delete: (url: string) => Promise<Answer>
  signIn: (account: string) => Promise<Answer>
  signOut: () => Promise<Answer>
}

export function createClient (baseUrl: string): Client {
  const jar = createCookieJar('', () => Date.now())
  return {
    jar,
    get: async (url) => await visit(url),
    enterCode: async () => {
      const { body } = await visit('/microsoft-simulator/mailbox')
      return await visit('/auth/code', `code=${/<pre>[^]*?\b(\d{6})\b/.exec(body)![1]}`)
    },
    delete: async (url) => (await send(new URL(url, baseUrl), undefined, 'DELETE')).answer,
    signIn: async (account) => {
      const picker = await visit('/auth/microsoft/login')
      return await visit(picker.url, `simulator_account=${account}`)
    },
    signOut: async () => await visit('/auth/logout', '')
  }

  async function visit (path: string, form?: string): Promise<Answer> {
    const url = new URL(path, baseUrl)
    const { answer, location } = await send(url, form)
    return location === undefined ? answer : await visit(new URL(location, url).href)
  }

  async function send (url: URL, form: string | undefined, method = form === undefined ? 'GET' : 'POST'): Promise<{ answer: Answer, location: string | undefined }> {
    const headers: Record<string, string> = { cookie: jar.header(), 'x-requested-with': 'test' }
    if (form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded'
    // A connection for each request: a server that was stopped and started again leaves none behind.
    return await new Promise((resolve, reject) => {
      const sent = request(url, { method, headers, agent: false }, (response) => {
        jar.store(response.headers['set-cookie'] ?? [])
        let body = ''
        response.on('data', (chunk) => { body += String(chunk) })
        response.on('end', () => resolve({ answer: { url: url.href, status: response.statusCode!, body }, location: response.headers.location }))
      })
      sent.on('error', reject)
      sent.end(form)
    })
  }
}
