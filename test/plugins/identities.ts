import type { Test } from 'tap'
import { builtInAccounts } from '../../src/simulator/accounts.ts'
import { program, type TestApp } from './app.ts'

export const linkPath = '/auth/microsoft/link'
export const unlinkPath = '/auth/microsoft/unlink'
export const callbackPath = '/auth/microsoft/callback'
export const session = '__Host-entra-session'
export const ownPage = { origin: 'https://app.example' }
export const form = { 'content-type': 'application/x-www-form-urlencoded' }

export const keyOf = (account: string): { tid: string, oid: string } => {
  const { tid, oid } = builtInAccounts.find(({ key }) => key === account)!
  return { tid, oid }
}

export async function me ({ app }: TestApp, cookie: string) {
  return await app.inject({ url: '/me', headers: { ...program, cookie } })
}

export async function post ({ app }: TestApp, url: string, cookie: string, headers: Record<string, string> = ownPage, payload?: object | string) {
  return await app.inject({ method: 'POST', url, headers: { ...program, cookie, ...headers }, ...(payload === undefined ? {} : { payload }) })
}

/** Starts linking and lets somebody pick an account at Microsoft; gives the callback's query and the browser's cookies. */
export async function startLink (test: TestApp, cookie: string, account: string, payload: object = {}) {
  const answer = await post(test, linkPath, cookie, ownPage, payload)
  const attempt = [answer.headers['set-cookie'] ?? []].flat().map((one) => one.split(';')[0]).join('; ')
  const picked = await test.simulator.fetch(answer.json().url, { method: 'POST', body: new URLSearchParams({ simulator_account: account }), redirect: 'manual' })
  return { answer, attempt, cookie: `${cookie}; ${attempt}`, query: new URL(picked.headers.get('location')!).search }
}

export async function callback ({ app }: TestApp, query: string, cookie: string, headers: Record<string, string> = program) {
  return await app.inject({ url: callbackPath + query, headers: { ...headers, cookie } })
}

export async function usersOf (test: TestApp, ...accounts: string[]): Promise<Array<string | undefined>> {
  return await Promise.all(accounts.map(async (account) => (await test.app.accounts.findByIdentity(keyOf(account)))?.id))
}

/** The callback must be refused, and leave all rows as they are but for the attempt that is used up. */
export async function refusedCallback (t: Test, test: TestApp, query: string, cookie: string, code: string): Promise<void> {
  const before = await test.rows(['used_attempts'])
  const answer = await callback(test, query, cookie)
  t.equal(answer.json().code, code)
  t.equal(await test.rows(['used_attempts']), before, 'nothing changed')
}
