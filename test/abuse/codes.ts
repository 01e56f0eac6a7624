import type { LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { program } from '../plugins/app.ts'
import { cookiesOf } from '../plugins/codes.ts'
import type { Engine } from '../store/engines.ts'
import { withClaims } from './forge.ts'
import { type Setting, startWorld, type World } from './world.ts'

/** A site that mails one-time codes to who comes with an address that nobody vouches for. */
export interface CodesWorld extends World {
  /** What was mailed, oldest first. */
  readonly mails: Mail[]
  /** The mailer: replaced by one that fails. Notes what it sent in `mails`. */
  readonly mailer: { send: (mail: Mail) => Promise<void> }
  /** Signs in as far as the code: with its cookie and the code that was mailed. */
  readonly ask: (account: string, claims?: Record<string, unknown>) => Promise<Asked>
  /** Posts as a script of the site does. */
  readonly post: (cookie: string, body: unknown, path?: string) => Promise<LightMyRequestResponse>
  /** What is said about a code that is waited for. */
  readonly status: (cookie: string) => Promise<{ triesLeft?: number, address?: string, csrfToken?: string }>
}

export interface Mail { readonly to: string, readonly text: string, readonly html: string }

/** A browser that is asked for a code. */
export interface Asked {
  readonly cookie: string
  readonly code: string
}

/** What a code that was tried may leave: that it was. */
export const tried: readonly string[] = ['challenges']

/** Starts a site with codes, on one engine, and with merging unless the options say otherwise. */
export async function startCodes (t: Pick<Test, 'teardown'>, engine: Engine, setting: Setting = {}): Promise<CodesWorld> {
  const mails: Mail[] = []
  const mailer: CodesWorld['mailer'] = { send: async (mail) => { mails.push(mail) } }
  const world = await startWorld(t, engine, { ...setting, options: { verify_email: true, mailer: async (mail) => await mailer.send(mail), ...setting.options } })
  return {
    ...world,
    mails,
    mailer,
    ask: async (account, claims = {}) => {
      const response = await world.signIn(account, { answer: withClaims(claims) })
      const id = cookiesOf(response)['__Host-entra-code']
      if (id === undefined) throw new Error(`no code was asked for: ${response.statusCode} ${response.body}`)
      world.canaries.add(id)
      return { cookie: `__Host-entra-code=${id}`, code: codeIn(mails.at(-1)!) }
    },
    post: async (cookie, body, path = '/auth/code') => await world.app.inject({
      method: 'POST', url: path, headers: { ...program, cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }, payload: JSON.stringify(body)
    }),
    status: async (cookie) => (await world.app.inject({ url: '/auth/code', headers: { ...program, cookie } })).json()
  }
}

/** The code that a mail brings. */
export function codeIn ({ text }: Mail): string {
  return /\b\d{6}\b/.exec(text)![0]
}

/** Another code. */
export function otherThan (code: string, by = 1): string {
  return String((Number(code) + by) % 1_000_000).padStart(6, '0')
}
