import type { LightMyRequestResponse } from 'fastify'
import { program, type TestApp } from './app.ts'

/** What the cookie of a session is called over https. */
export const sessionCookie = '__Host-entra-session'

/** An answer, as far as cookies go. */
export type Answer = Pick<LightMyRequestResponse, 'headers'>

/** The session that an answer begins, as a `Cookie` header; `null` where it begins none. */
export function newSession ({ headers }: Answer): string | null {
  return [headers['set-cookie'] ?? []].flat().map((one) => String(one).split(';')[0]!).find((one) => one.startsWith(`${sessionCookie}=`) && one !== `${sessionCookie}=`) ?? null
}

/** The same of an answer that must begin one. */
export function sessionIn (answer: Answer): string {
  const session = newSession(answer)
  if (session === null) throw new Error('the answer begins no session')
  return session
}

/** What a session is good for: who asks is shown who they are. */
export async function seen ({ app }: Pick<TestApp, 'app'>, cookie: string, headers: Readonly<Record<string, string>> = program): Promise<LightMyRequestResponse> {
  return await app.inject({ url: '/me', headers: { ...headers, cookie } })
}
