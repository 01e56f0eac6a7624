import { appOrigin, answerOf, callback, type Site } from './site.ts'
import type { Browser, Page } from './browser.ts'

/** What a request to the authorization endpoint came to. */
export interface Asked {
  readonly page: Page
  /** What the app is told, where the browser is sent back to it. */
  readonly told: Readonly<Record<string, string>>
  /** The code on our own page, where it is not. */
  readonly code: string | undefined
}

/** Asks for authorization with parameters as they are; gives the status, and what the app or the page is told. */
export async function ask (site: Site, parameters: Array<[string, string]> | Record<string, string>, browser: Browser = site.newBrowser()): Promise<Asked> {
  const page = await browser.open(`${site.issuer}/authorize?${new URLSearchParams(parameters)}`, appOrigin)
  return { page, told: page.status === 0 ? answerOf(page) : {}, code: page.status === 0 ? undefined : codeOn(page) }
}

/** The code on a page of ours that refuses. */
export function codeOn ({ body }: Page): string | undefined {
  return /Code: <code>(\w+)</.exec(body)?.[1]
}

/** The challenge of a verifier that nobody has here. */
export const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

/** A request that is as it should be. */
export const good = { client_id: 'basic', response_type: 'code', redirect_uri: callback, scope: 'openid', state: 'st', code_challenge: challenge, code_challenge_method: 'S256' }

/** What the token endpoint answered. */
export interface TokenAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

/** Asks the token endpoint. */
export async function token (site: Site, form: Record<string, string> | Array<[string, string]>, headers: Record<string, string> = {}, query = ''): Promise<TokenAnswer> {
  const response = await fetch(`${site.issuer}/token${query}`, { method: 'POST', body: new URLSearchParams(form), headers })
  return { status: response.status, headers: response.headers, body: await response.json() as Record<string, unknown> }
}

/** How a client says its secret in a header (RFC 6749 section 2.3.1). */
export function basicOf (id: string, secret: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}` }
}
