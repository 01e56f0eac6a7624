import { createHash } from 'node:crypto'
import type { LightMyRequestResponse } from 'fastify'
import { signInOf } from '../../plugins/sign-in.ts'
import { program, type TestApp } from '../plugins/app.ts'
import { sessionCookie } from '../plugins/session-cookie.ts'

/** The name of whoever a cookie is; `null` for nobody. Asks a route that is for everybody, which fails where the application cannot say. */
export async function nameOf ({ app }: TestApp, cookie: string): Promise<string | null | number> {
  const answer = await app.inject({ url: '/public', headers: { ...program, cookie } })
  return answer.statusCode === 200 ? (answer.json() as { user: { displayName: string } | null }).user?.displayName ?? null : answer.statusCode
}

/** A request of the application's own page that changes something. */
export async function post ({ app }: TestApp, url: string, cookie: string, payload: object = {}, headers: Readonly<Record<string, string>> = { origin: 'https://app.example' }): Promise<LightMyRequestResponse> {
  return await app.inject({ method: 'POST', url, headers: { ...program, cookie, ...headers }, payload })
}

/** The key under which the session of a cookie is stored. */
export function keyOf (cookie: string): string {
  const value = new RegExp(`${sessionCookie}=([^.;]+)`).exec(cookie)![1]!
  return createHash('sha256').update(value).digest('base64url')
}

/** The keys of all stored sessions. */
export async function storedSessions ({ app }: TestApp): Promise<string[]> {
  return await signInOf(app).database.run(async (db) => (await db.selectFrom('sessions').select('key').execute()).map(({ key }) => key))
}
