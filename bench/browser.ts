import { Agent, request as send } from 'node:http'
import type { Code } from './people.ts'

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

interface Answer {
  readonly status: number
  readonly location: string | undefined
  /** `name=value` of what was set. */
  readonly cookies: readonly string[]
  readonly body: string
}

/** A site under measurement. */
export interface Site {
  readonly port: number
  /** Paths; the callback's is the one of the redirect URL. */
  readonly login: string
  readonly me: string
}

/** Where our server has its places. */
export const ourSite = ({ port }: { readonly port: number }): Site => ({ port, login: '/auth/microsoft/login', me: '/me' })

/** The answer to one request. */
export async function get (port: number, path: string, cookie = ''): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const headers = cookie === '' ? {} : { cookie }
    const sent = send({ host: 'localhost', port, path, headers, agent }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => { body += text }).on('end', () => {
        resolve({ status: response.statusCode!, location: response.headers.location, cookies: (response.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]!), body })
      })
    })
    sent.on('error', reject).end()
  })
}

/**
 * A whole sign-in, but for Microsoft's page: start, and callback with a code that says who it is.
 *
 * @returns the `Cookie` header of the session.
 * @throws where it did not end in a session: what is measured is what was done.
 */
export async function signIn ({ port, login }: Site, person: number): Promise<string> {
  const start = await get(port, login)
  if (start.location === undefined) throw new Error(`the start answered ${start.status}: ${start.body}`)
  const query = new URL(start.location).searchParams
  const code: Code = { person, nonce: query.get('nonce'), challenge: query.get('code_challenge') }
  const callback = new URL(query.get('redirect_uri')!)
  callback.search = String(new URLSearchParams({ code: Buffer.from(JSON.stringify(code)).toString('base64url'), state: query.get('state')! }))
  const { status, cookies, body } = await get(port, callback.pathname + callback.search, start.cookies.join('; '))
  const session = cookies.filter((cookie) => !cookie.endsWith('=') && /session/i.test(cookie))
  if (session.length !== 1) throw new Error(`the callback answered ${status}, with ${cookies.length} cookies: ${body}`)
  return session[0]!
}

/** A request of somebody who is signed in; throws where the site does not know who it is. */
export async function visit ({ port, me }: Site, cookie: string, expected: string): Promise<void> {
  const { status, body } = await get(port, me, cookie)
  if (status !== 200 || !body.includes(expected)) throw new Error(`the signed-in request answered ${status}: ${body}`)
}

/** Does a work so many times, a few at once. */
export async function times (count: number, atOnce: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < count) await work(next++)
  }))
}
