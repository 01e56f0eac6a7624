import type { Environment } from '../core/environment.ts'
import { randomGuid } from '../core/guid.ts'

/**
 * The errors that the simulator knows, by Microsoft's number: the OAuth
 * error that goes with each and what it says, in our own words.
 *
 * Numbers from Microsoft's page "Microsoft Entra authentication and
 * authorization error codes"; those it does not list (500112, 50148, 9000411, 9002325,
 * 9002326, 9002327, 9002331, 90011 and those about client assertions from 700021 on) from answers that people have published.
 */
const faults = {
  16000: ['interaction_required', 'Several accounts are signed in, and nothing says which one is meant.'],
  28000: ['invalid_request', 'The scopes are of more than one API, and a token is for one.'],
  28003: ['invalid_request', 'The code was asked for with scopes of more than one API: say for which by "scope".'],
  50011: ['invalid_request', 'The redirect URI is not registered for the application.'],
  50020: ['invalid_request', 'The account does not exist in the tenant, and so cannot use the application there.'],
  50027: ['invalid_request', 'The client assertion is no JWT, or one that is malformed.'],
  50034: ['invalid_request', 'There is no such account.'],
  50057: ['invalid_grant', 'The account is disabled.'],
  50058: ['login_required', 'A silent sign-in was asked for, but nobody is signed in.'],
  50105: ['access_denied', 'The person is not assigned to the application, and only those who are may use it.'],
  50076: ['invalid_grant', 'A second factor is needed: the person has to sign in interactively.'],
  50079: ['invalid_grant', 'The person has to enrol for a second factor: they have to sign in interactively.'],
  50146: ['invalid_request', 'The tenant has a claims-mapping policy for the application, which neither has a signing key of its own nor accepts mapped claims.'],
  50147: ['invalid_request', 'A code_challenge_method was sent without a code_challenge.'],
  50148: ['invalid_grant', 'The code_verifier is missing, although the code was asked for with a code_challenge.'],
  50149: ['invalid_request', 'The code_challenge_method is none of "S256" and "plain".'],
  50173: ['invalid_grant', 'The refresh token was revoked: the password was changed, or an administrator ended the sessions.'],
  50194: ['invalid_request', 'The application is not multi-tenant, so it must use the endpoint of its own tenant.'],
  53000: ['access_denied', 'The device does not comply with the rules of the organisation, as Conditional Access asks.'],
  53003: ['access_denied', 'Conditional Access does not let the sign-in through.'],
  54005: ['invalid_grant', 'The authorization code was already redeemed.'],
  65001: ['invalid_grant', 'The user or an administrator has not consented to the scope.'],
  65004: ['access_denied', 'The user declined to consent to the application.'],
  70000: ['invalid_grant', 'The grant was issued to another application.'],
  70003: ['unsupported_grant_type', 'The grant type is not supported.'],
  70005: ['unsupported_response_type', 'The response type is not supported.'],
  70007: ['invalid_request', 'The response mode is not supported.'],
  70008: ['invalid_grant', 'The authorization code has expired.'],
  70043: ['invalid_grant', 'The refresh token is too old for a policy of the organisation.'],
  70011: ['invalid_scope', 'A scope is not valid.'],
  90002: ['invalid_request', 'The tenant was not found.'],
  90011: ['invalid_request', 'The client_assertion_type is not the one for JWT.'],
  90023: ['invalid_request', 'The request is not valid.'],
  90094: ['access_denied', 'The tenant lets none but its administrators consent, and none has.'],
  500112: ['invalid_client', 'The redirect URI is not the one that the authorization code was asked for with.'],
  501481: ['invalid_grant', 'The code_verifier does not match the code_challenge.'],
  501491: ['invalid_request', 'The size of the code_challenge is not valid.'],
  700005: ['invalid_grant', 'The authorization code is for another tenant.'],
  700016: ['unauthorized_client', 'The application was not found in the directory.'],
  700021: ['invalid_client', 'Issuer and subject of the client assertion are not the client_id.'],
  700023: ['invalid_client', 'The audience of the client assertion is not this token endpoint.'],
  700024: ['invalid_client', 'The client assertion is not within its valid time range.'],
  700027: ['invalid_client', 'The client assertion is not signed with a certificate or key that is registered for the application.'],
  700051: ['unsupported_response_type', 'The response type "token" is not enabled for the application.'],
  700054: ['unsupported_response_type', 'The response type "id_token" is not enabled for the application.'],
  700082: ['invalid_grant', 'The refresh token has expired, since it was not used.'],
  700211: ['invalid_client', 'No federated credential of the application has the issuer of the client assertion.'],
  700212: ['invalid_client', 'No federated credential of the application has the audience of the client assertion.'],
  700213: ['invalid_client', 'No federated credential of the application has the subject of the client assertion.'],
  900144: ['invalid_request', 'A parameter is missing.'],
  900561: ['invalid_request', 'The endpoint only accepts POST.'],
  900971: ['invalid_request', 'No redirect URI was sent.'],
  1000502: ['invalid_client', 'The certificate is not within its validity.'],
  7000215: ['invalid_client', 'The client secret is not right. Send its value, not its ID.'],
  7000218: ['invalid_client', 'A client_assertion or a client_secret must be sent.'],
  7000222: ['invalid_client', 'The client secret has expired.'],
  9000411: ['invalid_request', 'A parameter was sent more than once.'],
  9002313: ['invalid_grant', 'The code or refresh token is malformed or unknown.'],
  9002325: ['invalid_request', 'The redirect URI is registered on the platform "Single-page application", which takes no request without PKCE.'],
  9002326: ['invalid_request', 'A request from another origin is only for the platform "Single-page application".'],
  9002327: ['invalid_request', 'The redirect URI is registered on the platform "Single-page application", whose codes only a browser may redeem. Register it on the platform "Web".'],
  9002331: ['invalid_request', 'The application is for personal accounts only: use the tenant "consumers".'],
  9002332: ['invalid_request', 'The application is not for personal accounts: do not use the tenant "consumers".']
} as const

// What Microsoft adds for programs: what has to happen next ('Handle errors and exceptions in MSAL').
const subErrors: Readonly<Partial<Record<keyof typeof faults, string>>> = {
  50076: 'basic_action', 50079: 'basic_action', 65001: 'consent_required', 70043: 'token_expired'
}

/** A number behind `AADSTS`. */
export type FaultNumber = keyof typeof faults

/** An error in the form in which Microsoft's endpoints give it. */
export interface ErrorBody {
  error: string
  error_description: string
  error_codes: number[]
  /** `YYYY-MM-DD HH:mm:ssZ` */
  timestamp: string
  trace_id: string
  correlation_id: string
  error_uri: string
  suberror?: string
}

/** What stops a request. Thrown inside the simulator and answered by its endpoints; it never leaves. */
export class Fault extends Error {
  readonly number: FaultNumber

  constructor (number: FaultNumber, detail?: string) {
    super(detail === undefined ? faults[number][1] : `${faults[number][1]} ${detail}`)
    this.number = number
  }
}

/** The OAuth error of a fault (RFC 6749 sections 4.1.2.1 and 5.2). */
export function oauthErrorOf (number: FaultNumber): string {
  return faults[number][0]
}

/** The HTTP status of a fault, where it is not sent by redirect: 401 for `invalid_client`, else 400. */
export function statusOf (number: FaultNumber): number {
  return oauthErrorOf(number) === 'invalid_client' ? 401 : 400
}

/** A fault as the token endpoint answers it. */
export function errorBody (fault: Fault, environment: Pick<Environment, 'now' | 'randomBytes'>): ErrorBody {
  const trace = randomGuid(environment)
  const correlation = randomGuid(environment)
  const timestamp = new Date(environment.now()).toISOString().replace('T', ' ').replace(/\.\d+Z$/, 'Z')
  return {
    error: oauthErrorOf(fault.number),
    error_description: `AADSTS${fault.number}: ${fault.message} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
    error_codes: [fault.number],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
    // Always Microsoft's own page: it explains the number, which the simulator does not.
    error_uri: `https://login.microsoftonline.com/error?code=${fault.number}`,
    ...(subErrors[fault.number] !== undefined && { suberror: subErrors[fault.number] })
  }
}
