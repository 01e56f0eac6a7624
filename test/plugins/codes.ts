import type { Test } from 'tap'
import type { LightMyRequestResponse } from 'fastify'
import type { EntraOptions } from '../../plugins/fastify-entra.ts'
import type { SignedIn, SignInOptions } from '../../plugins/simulator.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'

/** An application that asks for one-time codes, and what it mails. */
export interface CodesApp extends TestApp {
  /** The newest code that was mailed. */
  readonly code: () => string
  /** A code that is not the newest one. */
  readonly wrong: () => string
  /** Signs in as far as the code, and throws where none is asked for. */
  readonly begin: (account: string, options?: SignInOptions) => Promise<SignedIn>
  /** Posts as our own page does: a form, by a browser. */
  readonly form: (cookie: string, fields: Record<string, string>, path?: string) => Promise<LightMyRequestResponse>
  /** Posts as a script of our own site does: JSON. */
  readonly json: (cookie: string, body: unknown, path?: string) => Promise<LightMyRequestResponse>
  /** What is shown about the code, as JSON. */
  readonly status: (cookie: string) => Promise<LightMyRequestResponse>
}

/** Options under which codes are asked for. */
export const withCodes = { use_email_as_identifier: true, verify_email: true } as const

const ownBrowser = { ...navigation, 'sec-fetch-site': 'same-origin' }
const ownScript = { ...program, 'sec-fetch-site': 'same-origin' }

/** An https application with the simulator's mailbox for a mailer. */
export async function codesApp (t: Pick<Test, 'teardown'>, options: Partial<EntraOptions> = {}, setting: Parameters<typeof httpsApp>[2] = {}): Promise<CodesApp> {
  const later: { mailer?: TestApp['simulator']['mailer'] } = {}
  const test = await httpsApp(t, { ...withCodes, mailer: async (mail) => await later.mailer!(mail), ...options }, setting)
  later.mailer = test.simulator.mailer
  const code = (): string => /\b\d{6}\b/.exec(test.simulator.mails[0]!.text)![0]
  const status = async (cookie: string) => await test.app.inject({ url: '/auth/code', headers: { ...program, cookie } })
  return {
    ...test,
    code,
    wrong: () => String((Number(code()) + 1) % 1_000_000).padStart(6, '0'),
    begin: async (account, signInOptions) => {
      const signedIn = await test.simulator.signIn(test.app, account, signInOptions)
      if (signedIn.cookies['__Host-entra-code'] === undefined) throw new Error(`no code was asked for: ${signedIn.statusCode} ${signedIn.location}`)
      return signedIn
    },
    form: async (cookie, fields, path = '/auth/code') => await test.app.inject({
      method: 'POST',
      url: path,
      headers: { ...ownBrowser, cookie, 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(fields).toString()
    }),
    json: async (cookie, body, path = '/auth/code') => await test.app.inject({
      method: 'POST',
      url: path,
      headers: { ...ownScript, cookie, 'content-type': 'application/json' },
      payload: JSON.stringify(body)
    }),
    status
  }
}

/** The cookies that an answer sets, by name; those that it clears are empty. */
export function cookiesOf (response: LightMyRequestResponse): Record<string, string> {
  return Object.fromEntries([response.headers['set-cookie'] ?? []].flat().map((one) => one.split(';')[0]!.split(/=(.*)/s).slice(0, 2)))
}
