import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { type CookieJar, createCookieJar } from '../../src/simulator/cookie-jar.ts'
import type { SentMail } from './child.ts'

/** An answer, read to its end. */
export interface Answer {
  readonly url: string
  readonly status: number
  readonly body: string
}

/** Where one-time codes arrive. */
export interface Letterbox {
  readonly put: (mail: SentMail) => void
  /** Throws away what was mailed to an address. */
  readonly empty: (address: string) => void
  /** The newest code that was mailed to an address: mails come by another way than answers, so it is waited for a while. */
  readonly code: (address: string) => Promise<string>
}

/**
 * A letterbox for everybody.
 *
 * @param patience - Seconds for which a mail is waited for.
 */
export function createLetterbox (patience = 10): Letterbox {
  const codes = new Map<string, string>()
  return {
    put: ({ to, text }) => {
      // Some mails only tell something.
      const code = /\b(\d{6})\b/.exec(text)?.[1]
      if (code !== undefined) codes.set(to, code)
    },
    empty: (address) => { codes.delete(address) },
    code: async (address) => {
      for (let tries = 0; tries < 40 * patience; tries++) {
        const code = codes.get(address)
        if (code !== undefined) return code
        await wait(25)
      }
      throw new NoAnswer('no mail')
    }
  }
}

/** The server did not answer, or not to its end: nobody knows what it did. */
export class NoAnswer extends Error {}

/** A person with a browser of their own. */
export interface Person {
  readonly jar: CookieJar
  readonly get: (url: string) => Promise<Answer>
  readonly post: (url: string, fields: Readonly<Record<string, string>>) => Promise<Answer>
  /** Signs in, by code where one is asked for. The answer is that of `/me`, or the refusal. */
  readonly signIn: (account: string) => Promise<Answer>
  /** Links an account to the one that is signed in. */
  readonly link: (account: string) => Promise<Answer>
  /** The last callback, so that it can be sent again, with the cookies of then. */
  readonly lastCallback: () => { readonly url: string, readonly cookie: string } | null
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/**
 * @param origin - Of the application.
 * @param cookie - A `Cookie` header to begin with.
 */
export function createPerson (origin: string, letterbox: Letterbox, cookie = ''): Person {
  const jar = createCookieJar(cookie, () => Date.now())
  let callback: { url: string, cookie: string } | null = null
  const person: Person = {
    jar,
    get: async (url) => await visit(new URL(url, origin)),
    post: async (url, fields) => await visit(new URL(url, origin), new URLSearchParams(fields).toString()),
    signIn: async (account) => await pick(await person.get('/auth/microsoft/login?return_to=/me'), account),
    link: async (account) => {
      const { url } = JSON.parse((await person.post('/auth/microsoft/link', { return_to: '/me' })).body)
      if (url === undefined) throw new NoAnswer('not linked')
      return await pick(await person.get(url), account)
    },
    lastCallback: () => callback
  }
  return person

  async function pick (picker: Answer, account: string): Promise<Answer> {
    if (picker.status !== 200) return picker
    const answer = await visit(new URL(picker.url), `simulator_account=${account}`)
    return new URL(answer.url).pathname === '/auth/code' && answer.status === 200 ? await enterCode(answer) : answer
  }

  async function enterCode ({ body }: Answer): Promise<Answer> {
    const { address } = JSON.parse(body)
    const answer = await person.post('/auth/code', { code: await letterbox.code(address) })
    return answer.status === 200 && new URL(answer.url).pathname === '/auth/code' ? await person.get('/me') : answer
  }

  async function visit (url: URL, form?: string): Promise<Answer> {
    if (url.pathname === '/auth/microsoft/callback') callback = { url: url.href, cookie: jar.header() }
    const { answer, location } = await send(url, form)
    if (answer.status === 502 && answer.body === 'no server') throw new NoAnswer('no server')
    return location === undefined ? answer : await visit(new URL(location, url))
  }

  async function send (url: URL, form: string | undefined): Promise<{ answer: Answer, location: string | undefined }> {
    const headers: Record<string, string> = { accept: 'application/json', 'x-requested-with': 'test', cookie: jar.header() }
    if (form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded'
    return await new Promise((resolve, reject) => {
      const sent = request(url, { method: form === undefined ? 'GET' : 'POST', headers, agent }, (response) => {
        let body = ''
        response.on('data', (chunk) => { body += String(chunk) })
        response.on('aborted', () => reject(new NoAnswer('cut off')))
        response.on('end', () => {
          jar.store(response.headers['set-cookie'] ?? [])
          resolve({ answer: { url: url.href, status: response.statusCode!, body }, location: response.headers.location })
        })
      })
      sent.on('error', () => reject(new NoAnswer('no connection')))
      sent.end(form)
    })
  }
}
