import type { Test } from 'tap'
import type { EntraOptions } from '../../plugins/fastify-entra.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { startConsent } from '../../plugins/tokens.ts'
import { httpsApp, program, type TestApp } from './app.ts'

const scopes = ['openid', 'profile', 'email', 'User.Read']
export const minute = 60_000

/** An application that keeps tokens, with a page for each of some scopes. */
export async function keepingApp (t: Pick<Test, 'teardown'>, options: Partial<EntraOptions> = {}, setting: Parameters<typeof httpsApp>[2] = {}): Promise<TestApp> {
  return await httpsApp(t, { keepTokens: true, scopes, allowedScopes: ['Mail.Read', 'Calendars.Read', 'api://orders/read'], ...options }, {
    ...setting,
    before: async (app) => {
      await setting.before?.(app)
      app.setErrorHandler(startConsent)
      app.get<{ Querystring: { scope?: string, force?: string, to?: string } }>('/token', async (request) => {
        const { scope = 'User.Read', force, to } = request.query
        return { token: await request.microsoft.accessToken(scope.split(' '), { forceRefresh: force !== undefined, ...(to !== undefined && { returnTo: to }) }) }
      })
    }
  })
}

/** Asks the page that needs a token. */
export async function ask ({ app }: TestApp, cookie: string, query = '', headers: Record<string, string> = program) {
  return await app.inject({ url: `/token${query}`, headers: { ...headers, cookie } })
}

/** The token that the page has got. */
export async function tokenOf (test: TestApp, cookie: string, query = ''): Promise<string> {
  const answer = await ask(test, cookie, query)
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return answer.json().token
}

/** What Microsoft Graph says to a token. */
export async function whoIs ({ simulator }: TestApp, token: string): Promise<{ status: number, displayName: string | undefined }> {
  const answer = await simulator.fetch('https://graph.microsoft.com/v1.0/me', { headers: { authorization: `Bearer ${token}` } })
  return { status: answer.status, displayName: (await answer.json() as { displayName?: string }).displayName }
}

/** The rows of kept tokens. */
export async function rowsOf ({ app }: TestApp) {
  return await signInOf(app).database.run(async (db) => await db.selectFrom('tokens').selectAll().orderBy('tid').orderBy('oid').execute())
}

/** Whose session a browser has. */
export async function identityOf ({ app }: TestApp, cookie: string): Promise<{ tid: string, oid: string }> {
  return (await app.inject({ url: '/me', headers: { ...program, cookie } })).json().identity
}
