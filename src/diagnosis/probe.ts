import { createHash } from 'node:crypto'
import { type Authority, endpointsOf } from '../core/authority.ts'
import { type Environment, fetchLimits, randomToken } from '../core/environment.ts'
import { isEntraError } from '../core/errors.ts'
import { type BoundedAnswer, fetchBounded } from '../core/fetch-bounded.ts'
import { readJsonObject } from '../core/json.ts'
import type { ClientCredential } from '../credentials/types.ts'
import { spellingsOf } from './redirect-spellings.ts'
import type { Asked, AuthorizationAnswer, CredentialFacts, KnownNumber, MicrosoftFacts } from './types.ts'

/** Whom to ask, and about what. */
export interface Probe {
  readonly authority: Authority
  readonly tenant: string
  readonly clientId: string
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly environment: Pick<Environment, 'fetch' | 'now' | 'randomBytes' | 'limits'>
  /** What is known of one of Microsoft's numbers. */
  readonly know: (aadsts: number) => KnownNumber | undefined
  /** What to do about a number by which a credential is refused; `null` for any other number. */
  readonly credentialRemedy: (aadsts: number) => string | null
}

/**
 * Asks Microsoft what it says to anybody: its metadata, and the answer to an authorization request of somebody who is
 * not signed in and may not be asked (`prompt=none`). Nobody is signed in by it, and nothing is left behind.
 * Never rejects: what cannot be asked is a fact as well.
 */
export async function probeMicrosoft (probe: Probe): Promise<MicrosoftFacts> {
  const [{ configuration, clockAhead }, authorization, withoutPkce] = await Promise.all([
    askConfiguration(probe),
    askAuthorization(probe, probe.redirectUri, true),
    askAuthorization(probe, probe.redirectUri, false)
  ])
  const registeredVariant = authorization.answer?.aadsts === 50011 ? await findVariant(probe) : null
  return Object.freeze({ configuration, clockAhead, authorization, withoutPkce, registeredVariant })
}

/** The status that the metadata of a tenant has that is not there, beside 200. */
const documentStatuses = [200, 400, 404]
/** A page, a redirect, or an error page. */
const authorizationStatuses = [200, 302, 303, 400, 401]
const tokenStatuses = [200, 400, 401]

async function askConfiguration (probe: Probe): Promise<Pick<MicrosoftFacts, 'configuration' | 'clockAhead'>> {
  const { configuration: url } = endpointsOf(probe.authority, probe.tenant)
  const asked = await ask(async () => await send(probe, 'configuration', url, documentStatuses))
  if (asked.answer === null) return { configuration: asked, clockAhead: null }
  const { body, headers, status } = asked.answer
  const document = readJsonObject(body)
  const issuer = status === 200 && typeof document?.issuer === 'string' ? document.issuer : null
  const answer = { issuer, aadsts: status === 200 ? null : numberIn(body.toString()) }
  return { configuration: { answer, failure: null }, clockAhead: aheadOf(headers.get('date'), probe.environment.now()) }
}

/** The header has whole seconds. */
function aheadOf (date: string | null, now: number): number | null {
  const time = Date.parse(date ?? '')
  return Number.isNaN(time) ? null : time - now
}

async function askAuthorization (probe: Probe, redirectUri: string, withPkce: boolean): Promise<Asked<AuthorizationAnswer>> {
  const asked = await ask(async () =>
    await send(probe, 'authorization', authorizationUrl(probe, redirectUri, withPkce), authorizationStatuses))
  return asked.answer === null ? asked : { answer: readAuthorization(asked.answer, redirectUri, probe), failure: null }
}

function authorizationUrl ({ authority, tenant, clientId, scopes, environment }: Probe, redirectUri: string, withPkce: boolean): string {
  const url = new URL(endpointsOf(authority, tenant).authorize)
  const challenge = { code_challenge: createHash('sha256').update(randomToken(environment)).digest('base64url'), code_challenge_method: 'S256' }
  const parameters = {
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    response_mode: 'query',
    scope: scopes.join(' '),
    state: randomToken(environment),
    nonce: randomToken(environment),
    prompt: 'none',
    ...(withPkce ? challenge : {})
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

function readAuthorization ({ headers, body }: BoundedAnswer, redirectUri: string, { know }: Probe): AuthorizationAnswer {
  const location = URL.parse(headers.get('location') ?? '')
  const isSentBack = location !== null && `${location.origin}${location.pathname}` === redirectUri
  const aadsts = numberIn(isSentBack ? location.searchParams.get('error_description') ?? '' : body.toString())
  return { aadsts, isSentBack, known: aadsts === null ? null : know(aadsts) ?? null }
}

/** Each is a request of its own, so they are few, and only where the right one is not registered. */
async function findVariant (probe: Probe): Promise<string | null> {
  const spellings = spellingsOf(probe.redirectUri)
  const answers = await Promise.all(spellings.map(async (spelling) => await askAuthorization(probe, spelling, true)))
  return spellings.find((_spelling, index) => answers[index]!.answer?.isSentBack === true) ?? null
}

/**
 * Shows Microsoft each credential, with a code that nobody was given: a client that was authenticated gets
 * `invalid_grant`, any other `invalid_client`. Never rejects.
 */
export async function probeCredentials (probe: Probe, credentials: readonly ClientCredential[]): Promise<readonly CredentialFacts[]> {
  return await Promise.all(credentials.map(async (credential) => await probeCredential(probe, credential)))
}

async function probeCredential (probe: Probe, credential: ClientCredential): Promise<CredentialFacts> {
  const { name, kind, expiresAt } = credential
  const known = { name, kind, expiresAt }
  const authentication = await credential.authenticate().catch(unusable)
  if (authentication instanceof Error) {
    return { ...known, outcome: 'unusable', aadsts: null, remedy: isEntraError(authentication) ? authentication.detail.remedy! : null }
  }
  const asked = await ask(async () => await send(probe, 'token', endpointsOf(probe.authority, probe.tenant).token, tokenStatuses, madeUpRedemption(probe, authentication)))
  const answer = asked.answer === null ? null : readJsonObject(asked.answer.body)
  return { ...known, ...outcomeOf(answer, probe) }
}

/** What it failed with may hold anything; what is ours says what to do. */
function unusable (error: unknown): Error {
  return isEntraError(error) ? error : new Error('unusable')
}

function madeUpRedemption ({ clientId, redirectUri, environment }: Probe, authentication: Readonly<Record<string, string>>): URLSearchParams {
  return new URLSearchParams({
    client_id: clientId,
    grant_type: 'authorization_code',
    code: `1.${randomToken(environment)}`,
    redirect_uri: redirectUri,
    code_verifier: randomToken(environment),
    ...authentication
  })
}

/** What Microsoft says to a client that it knows, about a code that it does not. */
const codeRefused: readonly number[] = [9002313, 70000, 70008, 54005]

function outcomeOf (answer: Readonly<Record<string, unknown>> | null, { credentialRemedy }: Probe): Pick<CredentialFacts, 'outcome' | 'aadsts' | 'remedy'> {
  const numbers = Array.isArray(answer?.error_codes) ? answer.error_codes.filter((number) => Number.isInteger(number)) as number[] : []
  const [aadsts = null] = numbers
  const remedy = aadsts === null ? null : credentialRemedy(aadsts)
  if (remedy !== null || answer?.error === 'invalid_client') return { outcome: 'refused', aadsts, remedy }
  const isAccepted = answer?.error === 'invalid_grant' || (aadsts !== null && codeRefused.includes(aadsts))
  return { outcome: isAccepted ? 'accepted' : 'unknown', aadsts, remedy: null }
}

async function send (
  { environment }: Probe, name: string, url: string, statuses: readonly number[], form?: URLSearchParams
): Promise<BoundedAnswer> {
  return await fetchBounded(name, url, environment, { headers: { accept: 'text/html, application/json' }, statuses, limits: environment.limits ?? fetchLimits, form })
}

async function ask<Answer> (exchange: () => Promise<Answer>): Promise<Asked<Answer>> {
  try {
    return { answer: await exchange(), failure: null }
  } catch (error) {
    // fetchBounded throws refusals only.
    const { code, detail: { reason } } = error as { code: string, detail: { reason: string } }
    return { answer: null, failure: { code, reason } }
  }
}

function numberIn (text: string): number | null {
  const number = /AADSTS(\d{4,8})\b/.exec(text)?.[1]
  return number === undefined ? null : Number(number)
}
