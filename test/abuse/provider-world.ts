import * as openid from 'openid-client'
import type { Test } from 'tap'
import { Canaries } from '../canaries.ts'
import type { Browser, Page } from '../identity/browser.ts'
import { type Asked, codeOn, type TokenAnswer } from '../identity/requests.ts'
import { answerOf, clients, errorOf, secret, signInTo, type Site, type SiteSetting, startSite, type Tokens } from '../identity/site.ts'
import { dump } from '../plugins/app.ts'
import type { Engine } from '../store/engines.ts'

/** A provider that is attacked: somebody is signed in to an app by it, and what is secret of that is known. */
export interface ProviderWorld extends Site {
  readonly canaries: Canaries
  /**
   * All rows but the audit's. Of a provider's session of a browser it says only that it is there: oidc-provider writes it
   * anew at each request of that browser.
   */
  readonly rows: () => Promise<string>
  /** Signs somebody in to an app, and notes the secrets of that. */
  readonly signInTo: (config: openid.Configuration, browser: Browser, parameters?: Record<string, string>, account?: string) => Promise<Tokens>
  /** Whether who is signed in still is, at the application and in the app. */
  readonly victimIsFine: () => Promise<boolean>
}

/** Starts a provider on one engine, with its victim. A setting without the client `spa` has a victim at the application alone. */
export async function startProviderWorld (t: Pick<Test, 'teardown'>, engine: Engine, setting: SiteSetting = {}): Promise<ProviderWorld> {
  const site = await startSite(t, { ...setting, entra: { database: await engine.newLocation(t), ...setting.entra } })
  const canaries = new Canaries()
  canaries.add(secret)
  const signIn: ProviderWorld['signInTo'] = async (config, browser, parameters, account) => {
    const tokens = await signInTo(config, browser, parameters, account)
    canaries.add(tokens.access_token, tokens.refresh_token, tokens.id_token)
    return tokens
  }
  const victim = site.newBrowser()
  const listed: ReadonlyArray<{ readonly id: string }> = setting.identity?.clients ?? Object.values(clients)
  const app = listed.some(({ id }) => id === 'spa') ? await site.discover('spa') : null
  const tokens = app === null ? null : await signIn(app, victim, { scope: 'openid offline_access' }, 'pat')
  return {
    ...site,
    canaries,
    rows: async () => withoutRenewals(await dump(site.app, ['audit'])),
    signInTo: signIn,
    victimIsFine: async () => {
      if (app === null || tokens === null) return true
      return (await victim.once(`${site.origin}/me`)).status === 200 && await errorOf(openid.fetchUserInfo(app, tokens.access_token, openid.skipSubjectCheck)) === null
    }
  }
}

/** In an order of its own: a row that is written anew is somewhere else in PostgreSQL. */
function withoutRenewals (rows: string): string {
  const tables = JSON.parse(rows, (_name, value) => value?.kind === 'Session' ? { ...value, sealed: null, expires_at: null } : value) as Array<[string, unknown[]]>
  return JSON.stringify(tables.map(([name, all]) => [name, all.map((row) => JSON.stringify(row)).sort()]), null, 1)
}

/** How an attack on the provider must end. */
export interface ProviderRefusal {
  /** The status of the answer; `app` where the browser is back at the app that asked. */
  readonly status: number | 'app'
  /** What the app is told, or our own page says. */
  readonly error: string | RegExp
}

type Answer = Asked | TokenAnswer | Page

/** What an attack on the provider gave. */
interface Attacked {
  readonly answer: Answer
  /** Texts that it has sent: none may come back. */
  readonly sent?: readonly string[]
}

/**
 * An attack on the provider is refused, and nothing else changes: the error is the one of the specification and nothing
 * of the request comes back; there are no tokens and no code; the store is equal row by row, but for the audit; who is
 * signed in notices nothing; no secret is in the log; and a second try ends as the first.
 */
export async function isRefusedByProvider (t: Test, world: ProviderWorld, title: string, expected: ProviderRefusal, attack: () => Promise<Attacked | Answer>): Promise<void> {
  for (const round of ['first', 'second']) {
    const before = { rows: await world.rows(), log: world.log().length }
    const attacked = await attack()
    const { answer, sent = [] } = 'answer' in attacked ? attacked : { answer: attacked }
    const complaints = complaintsAbout(read(answer), sent, expected)
    if (await world.rows() !== before.rows) complaints.push('the store has changed')
    if (!await world.victimIsFine()) complaints.push('the victim is signed out')
    const found = world.canaries.foundIn(world.log().slice(before.log))
    if (found.length > 0) complaints.push(`${found.length} secrets are in the log`)
    t.same(complaints, [], `${title} (${round} try)`)
  }
}

interface Told {
  readonly status: number | 'app'
  readonly error: string
  /** All that was answered. */
  readonly whole: string
}

/** An answer of the token endpoint, or a page: ours, or that of an app to which the browser was sent back. */
function read (answer: Answer): Told {
  if ('page' in answer) return read(answer.page)
  if (typeof answer.body !== 'string') {
    return { status: answer.status, error: String(answer.body.error), whole: JSON.stringify([...answer.headers as Headers, answer.body]) }
  }
  const page = answer as Page
  if (page.status === 0) return { status: 'app', error: answerOf(page).error ?? 'none', whole: page.url }
  return { status: page.status, error: codeOn(page) ?? 'none', whole: JSON.stringify(page.headers) + page.body }
}

function complaintsAbout ({ status, error, whole }: Told, sent: readonly string[], expected: ProviderRefusal): string[] {
  const complaints: string[] = []
  const isMeant = typeof expected.error === 'string' ? error === expected.error : expected.error.test(error)
  if (status !== expected.status || !isMeant) complaints.push(`ended with ${status} ${error}, and not ${expected.status} ${expected.error}`)
  if (/[?&]code=|"(?:access|refresh|id)_token"/.test(whole)) complaints.push('something was given')
  if (sent.some((text) => text.length > 3 && whole.includes(text))) complaints.push('something of the request comes back')
  return complaints
}
