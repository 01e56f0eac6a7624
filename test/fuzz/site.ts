import type { LightMyRequestResponse } from 'fastify'
import { sql } from 'kysely'
import type { Test } from 'tap'
import type { EntraOptions } from '../../plugins/fastify-entra.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { isErrorCode, statusOf } from '../../src/core/errors.ts'
import { httpsApp, program, type TestApp } from '../plugins/app.ts'
import { newSession } from '../plugins/session-cookie.ts'
import type { Outcome } from './fuzz.ts'

/** A site that is given all kinds of things. Somebody is signed in to it. */
export interface Site extends TestApp {
  /** Who is signed in. */
  readonly victim: { readonly id: string, readonly cookie: string }
  /** How often something was written so far, used attempts and the audit aside. Costs next to nothing. */
  readonly writes: () => Promise<number>
  /** An attempt that is not used yet: a new one where the last one was used. */
  readonly attempt: () => Promise<SiteAttempt>
}

export interface SiteAttempt {
  readonly state: string
  /** The attempt's cookie, `name=value`. */
  readonly cookie: string
}

type Setting = Parameters<typeof httpsApp>[2] & { readonly victim?: string | null }

/** Starts a site. Nothing but errors is logged: a hundred thousand requests would fill the memory. */
export async function startSite (owner: Pick<Test, 'teardown'>, options: Partial<EntraOptions> = {}, { victim: account = 'ada', ...setting }: Setting = {}): Promise<Site> {
  const errors: string[] = []
  const test = await httpsApp(owner, { rateLimit: false, use_email_as_identifier: true, allow_email_account_merge: true, ...options }, {
    server: { trustProxy: true, logger: { level: 'error', stream: { write: (line: string) => { errors.push(line); errors.splice(0, errors.length - 5) } } } },
    ...setting
  })
  const victim = account === null ? { id: '', cookie: '' } : await signIn(test, account)
  await watchWrites(test)
  let attempt: (SiteAttempt & { readonly used: number }) | null = null
  return {
    ...test,
    log: () => errors.join(''),
    victim,
    writes: async () => (await counted(test)).others,
    attempt: async () => {
      const { used } = await counted(test)
      if (attempt?.used !== used) attempt = { ...await begin(test), used }
      return attempt
    }
  }
}

async function signIn ({ app, simulator }: TestApp, account: string): Promise<{ id: string, cookie: string }> {
  const { cookie } = await simulator.signIn(app, account)
  return { cookie, id: ((await app.inject({ url: '/me', headers: { ...program, cookie } })).json() as { id: string }).id }
}

async function begin ({ app }: TestApp): Promise<SiteAttempt> {
  const start = await app.inject({ url: '/auth/microsoft/login', headers: program })
  return { state: new URL(start.headers.location!).searchParams.get('state')!, cookie: [start.headers['set-cookie']!].flat()[0]!.split(';')[0]! }
}

const mayChange = ['used_attempts', 'audit']

/** SQLite counts each write by a trigger: to read all tables after each input would take longer than all the rest. */
async function watchWrites ({ app }: TestApp): Promise<void> {
  await signInOf(app).database.run(async (db) => {
    await sql`create temp table writes (used integer not null, others integer not null)`.execute(db)
    await sql`insert into writes values (0, 0)`.execute(db)
    for (const { name } of await db.introspection.getTables()) {
      if (name === 'audit') continue
      const column = mayChange.includes(name) ? 'used' : 'others'
      for (const operation of ['insert', 'update', 'delete']) {
        await sql.raw(`create temp trigger ${name}_${operation} after ${operation} on main.${name} begin update writes set ${column} = ${column} + 1; end`).execute(db)
      }
    }
  })
}

async function counted ({ app }: TestApp): Promise<{ used: number, others: number }> {
  return await signInOf(app).database.run(async (db) => (await sql<{ used: number, others: number }>`select used, others from temp.writes`.execute(db)).rows[0]!)
}

/** What must not be about an answer, and about the store: whatever was sent, it is refused in a known way, and nothing else happens. */
export async function judge (site: Site, before: number, response: LightMyRequestResponse): Promise<Outcome> {
  const complaints = complaintsAbout(response)
  const written = await site.writes() - before
  if (written > 0) complaints.push(`the store was written ${written} times`)
  if (complaints.length > 0) complaints.push(site.log())
  return { outcome: outcomeOf(response), complaints }
}

/** Statuses of Fastify's own, and those of a wrong method, type or size. */
const ownStatuses = [400, 404, 405, 413, 414, 415, 431]

/** What must not be about an answer to what is no genuine request. */
export function complaintsAbout (response: LightMyRequestResponse): string[] {
  const complaints: string[] = []
  const { statusCode, headers } = response
  if (statusCode === 500) complaints.push(`answered 500: ${response.body.slice(0, 300)}`)
  const code = codeIn(response)
  if (statusCode >= 400 && !ownStatuses.includes(statusCode) && !(isErrorCode(code) && statusOf(code) === statusCode)) complaints.push(`answered ${statusCode} with the code ${String(code)}`)
  if (newSession(response) !== null) complaints.push('gave a session')
  const { location } = headers
  if (location !== undefined && !/^[\x21-\x7e]+$/.test(location)) complaints.push('redirects to what is no URL')
  return complaints
}

/** Status and code; of a redirect the path and the code in it. */
export function outcomeOf (response: LightMyRequestResponse): string {
  const { statusCode, headers: { location } } = response
  if (location === undefined) return [statusCode, codeIn(response) ?? []].flat().join(' ')
  const url = new URL(location, 'https://app.example')
  return [statusCode, url.host === 'app.example' ? url.pathname : url.host, url.searchParams.get('error') ?? []].flat().join(' ')
}

function codeIn (response: LightMyRequestResponse): unknown {
  if (!String(response.headers['content-type']).startsWith('application/json')) return undefined
  return (JSON.parse(response.body) as { code?: unknown } | null)?.code
}

/** Somebody whom nobody has attacked signs in. */
export async function canSignIn ({ app, simulator }: Site): Promise<readonly string[]> {
  const { statusCode } = await simulator.signIn(app, 'pat')
  return statusCode === 303 ? [] : [`a genuine sign-in ended with ${statusCode}`]
}
