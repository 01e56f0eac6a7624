import { found, nothing } from '../finding.ts'
import type { AuthorizationAnswer, Facts, Finding } from '../types.ts'

/** What Microsoft answers to who is not signed in there and may not be asked: all that goes before was right. */
const isRight: readonly number[] = [50058, 16000, 50076, 50079, 65001]

type Explain = (facts: Facts, answer: AuthorizationAnswer) => readonly Finding[]

const byNumber: ReadonlyMap<number, Explain> = new Map<number, Explain>([
  [700016, ({ application: { clientId, tenant } }) => found('error', 'client_unknown', {
    seen: `Microsoft knows no application ${clientId} under the tenant ${JSON.stringify(tenant)} (AADSTS700016).`,
    why: 'Nobody gets as far as signing in.',
    remedy: 'Copy the Application (client) ID, not the Object ID, from the overview of the app registration into option "clientId", and check that "tenant" is the tenant of the registration.'
  })],
  [50194, ({ application: { tenant } }) => found('error', 'registration_single_tenant', {
    seen: `The app registration is for one tenant, and option "tenant" is ${JSON.stringify(tenant)} (AADSTS50194).`,
    why: 'Microsoft refuses everybody.',
    remedy: 'Give the GUID of that tenant as option "tenant"; or, where people of other tenants shall sign in, change "Supported account types" (Authentication) of the app registration.'
  })],
  [9002331, ({ application: { tenant } }) => found('error', 'registration_personal_only', {
    seen: `The app registration is for personal accounts only, and option "tenant" is ${JSON.stringify(tenant)} (AADSTS9002331).`,
    why: 'Microsoft refuses everybody.',
    remedy: 'Give "consumers" as option "tenant", or change "Supported account types" (Authentication) of the app registration.'
  })],
  [9002332, () => found('error', 'registration_work_only', {
    seen: 'The app registration is for accounts of organisations only, and option "tenant" is "consumers" (AADSTS9002332).',
    why: 'Microsoft refuses everybody.',
    remedy: 'Give "organizations", or the GUID of a tenant, as option "tenant"; or change "Supported account types" (Authentication) of the app registration.'
  })],
  [50011, explainRedirect],
  [9002325, explainPlatform],
  [9002327, explainPlatform]
])

/** Whether Microsoft would let a sign-in begin: the client id, the account types, the redirect URL. */
export function checkAuthorization (facts: Facts): readonly Finding[] {
  const answer = facts.microsoft?.authorization.answer ?? null
  // Where the authority does not answer, that is the finding.
  if (answer === null || answer.aadsts === null) return answer === null || answer.isSentBack ? nothing : unreadable()
  if (isRight.includes(answer.aadsts) && answer.isSentBack) return nothing
  const explain = byNumber.get(answer.aadsts) ?? explainOther
  return explain(facts, answer)
}

function unreadable (): readonly Finding[] {
  return found('error', 'authorization_refused', {
    seen: 'Microsoft answers an authorization request with a page, and gives no number.',
    why: 'The browser of whoever signs in would be left there.',
    remedy: 'Open the address of the start route in a browser and read what Microsoft says.'
  })
}

/** A number that has no finding of its own. */
function explainOther (_facts: Facts, { aadsts, known }: AuthorizationAnswer): readonly Finding[] {
  return found('error', 'authorization_refused', {
    seen: `Microsoft refuses to begin a sign-in: AADSTS${aadsts}.${known === null ? '' : ` ${known.means}`}`,
    why: 'Nobody can sign in.',
    remedy: known?.remedy ?? `Look the number up: https://login.microsoftonline.com/error?code=${aadsts}`
  })
}

function explainRedirect ({ application: { redirectUri }, microsoft }: Facts): readonly Finding[] {
  const { registeredVariant } = microsoft!
  if (registeredVariant !== null) return differs(redirectUri, registeredVariant)
  return found('error', 'redirect_url_unregistered', {
    seen: `The redirect URL ${redirectUri} is not registered (AADSTS50011).`,
    why: 'Microsoft sends nobody back who signs in.',
    remedy: `Add it in the Azure portal, Authentication, platform Web, character by character: ${redirectUri}`
  })
}

/** Says by what two redirect URLs differ. */
export function differs (redirectUri: string, registered: string): readonly Finding[] {
  return found('error', 'redirect_url_differs', {
    seen: `The redirect URL is ${redirectUri}, and ${registered} is registered: they differ by ${differenceOf(redirectUri, registered)}.`,
    why: 'Microsoft compares them character by character, and sends nobody back who signs in.',
    remedy: `Register ${redirectUri} in the Azure portal (Authentication, platform Web), or change options "baseUrl" and "callbackPath" so that they make the registered one.`
  })
}

function differenceOf (ours: string, registered: string): string {
  const [a, b] = [new URL(ours), new URL(registered)]
  if (ours.replace(/\/$/, '') === registered.replace(/\/$/, '')) return 'a slash at the end'
  if (a.protocol !== b.protocol) return 'the scheme, http or https'
  return a.host === b.host ? 'letter case' : 'the name of the host'
}

function explainPlatform ({ application: { redirectUri } }: Facts): readonly Finding[] {
  return singlePage(redirectUri, '(AADSTS9002325)')
}

/** The redirect URL is of the platform Single-page application. */
export function singlePage (redirectUri: string, evidence: string): readonly Finding[] {
  return found('error', 'platform_single_page', {
    seen: `The redirect URL ${redirectUri} is registered for the platform "Single-page application" ${evidence}.`,
    why: 'Codes for it can be redeemed by a script in a browser only: this server gets AADSTS9002327, and nobody can sign in.',
    remedy: 'Remove it from that platform in the Azure portal (Authentication) and add it to the platform "Web".'
  })
}

/** A redirect URL of the platform Single-page application insists on PKCE before anything else is looked at. */
export function checkPlatform (facts: Facts): readonly Finding[] {
  return facts.microsoft?.withoutPkce.answer?.aadsts === 9002325 ? explainPlatform(facts) : nothing
}
