import type { LightMyRequestResponse } from 'fastify'
import { createCookieJar } from '../../src/simulator/cookie-jar.ts'
import { navigation, type TestApp } from './app.ts'

/** Where a browser was, and what it saw there. */
export interface Visit {
  /** The addresses that it asked for, in order: paths of the application, whole URLs elsewhere. */
  readonly hops: string[]
  /** The last answer of the application, or of Microsoft. */
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, unknown>>
}

/** A person's browser: it keeps the cookies of the application and those of Microsoft apart, and follows redirects. */
export interface Person {
  /** Opens a page; gives up after ten redirects. */
  readonly open: (url: string, headers?: Record<string, string>) => Promise<Visit>
  /** Signs in: opens a page, and picks an account where Microsoft asks. */
  readonly signIn: (account: string, url?: string) => Promise<Visit>
  /** Sends a form of the application's own page. */
  readonly post: (url: string, fields?: Record<string, string>) => Promise<Visit>
  /** A request of a script of the application's. */
  readonly ask: (url: string) => Promise<LightMyRequestResponse>
  /** Follows an address as Microsoft's pages do. */
  readonly atMicrosoft: (url: string, fields?: Record<string, string>) => Promise<Visit>
  /** The cookies that the application sees. */
  readonly cookie: () => string
  /** Forgets what the application set: another browser, at which the person is signed in at Microsoft as well. */
  readonly forgetApplication: () => void
}

const origin = 'https://app.example'
const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** A person at an application of `httpsApp`. */
export function createPerson ({ app, simulator, clock }: Pick<TestApp, 'app' | 'simulator' | 'clock'>): Person {
  const now = (): number => clock.now
  let own = createCookieJar('', now)
  const microsoft = createCookieJar('', now)
  const person: Person = {
    open: async (url, headers = {}) => await follow(url, {}, headers),
    signIn: async (account, url = '/auth/microsoft/login') => {
      const first = await follow(url, {}, {})
      const last = first.hops.at(-1)!
      if (!last.startsWith(simulator.base)) return first
      const then = await follow(last, { simulator_account: account }, {})
      return { ...then, hops: [...first.hops, ...then.hops] }
    },
    post: async (url, fields = {}) => await follow(url, { '': '', ...fields }, { origin }),
    ask: async (url) => await app.inject({ url, headers: { accept: 'application/json', 'x-forwarded-proto': 'https', cookie: own.header() } }),
    atMicrosoft: async (url, fields = {}) => await follow(url, fields, {}),
    cookie: () => own.header(),
    forgetApplication: () => { own = createCookieJar('', now) }
  }
  return person

  async function follow (start: string, fields: Record<string, string>, headers: Record<string, string>): Promise<Visit> {
    const hops: string[] = []
    let url = start
    let posted: Record<string, string> | null = Object.keys(fields).length === 0 ? null : fields
    for (;;) {
      hops.push(url)
      if (hops.length > 10) throw new Error(`redirected for ever: ${hops.join(' ')}`)
      const visit = url.startsWith('https://login.') ? await askMicrosoft(url, posted) : await askApplication(url, posted, headers)
      const { location } = visit.headers
      if (typeof location !== 'string') return { hops, ...visit }
      url = location.startsWith(origin) ? location.slice(origin.length) : location
      posted = null
    }
  }

  async function askApplication (url: string, posted: Record<string, string> | null, more: Record<string, string>): Promise<Omit<Visit, 'hops'>> {
    const cookie = own.header()
    const headers = { ...navigation, ...more, ...(cookie === '' ? {} : { cookie }), ...(posted === null ? {} : form) }
    const answer = await app.inject({ method: posted === null ? 'GET' : 'POST', url, headers, ...(posted !== null && { payload: new URLSearchParams(posted).toString() }) })
    own.store([answer.headers['set-cookie'] ?? []].flat())
    return { status: answer.statusCode, body: answer.body, headers: answer.headers }
  }

  async function askMicrosoft (url: string, posted: Record<string, string> | null): Promise<Omit<Visit, 'hops'>> {
    const headers = { cookie: microsoft.header(), ...(posted === null ? {} : form) }
    const answer = await simulator.fetch(url, { redirect: 'manual', headers, ...(posted !== null && { method: 'POST', body: new URLSearchParams(posted).toString() }) })
    microsoft.store(answer.headers.getSetCookie())
    return { status: answer.status, body: await answer.text(), headers: Object.fromEntries(answer.headers) }
  }
}
