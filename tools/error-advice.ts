import type { ErrorCode } from '../src/core/errors.ts'

/** When a code comes, and what whoever runs the application does about it. In sentences, for docs/errors.md. */
export interface ErrorAdvice {
  readonly when: string
  readonly todo: string
}

/** One entry for each code: the type checker misses it where a code is new. */
export const errorAdvice: Readonly<Record<ErrorCode, ErrorAdvice>> = {
  access_denied: {
    when: 'The person pressed *Cancel*, an administrator has to allow the application first, or a rule of the organisation stands in the way. Microsoft\'s number in the log says which.',
    todo: 'Nothing for a cancelled one. Else see [Microsoft\'s errors](microsoft-errors.md) and [an administrator\'s consent](admin-consent.md).'
  },
  interaction_required: {
    when: 'Microsoft was asked with `prompt=none` and wants to ask the person something; or a session waits to be [confirmed](sign-out.md#leavers).',
    todo: 'Start a sign-in without `prompt=none`. A script that gets it opens a page.'
  },
  unauthenticated: {
    when: 'A route that needs a user was asked without a session.',
    todo: 'Nothing. Browsers that open a page are led to the sign-in; a script leads its person there.'
  },
  invalid_state: {
    when: 'A callback that belongs to no sign-in of this browser: over ten minutes old, used already, started in another browser, or more than five at once. Also where Microsoft says that its code is over.',
    todo: 'The person starts again. If it comes often: cookies that a proxy drops, `baseUrl` under another host than people use, different `secrets` on two servers.'
  },
  invalid_request: {
    when: 'A parameter, a method or a body that is not what the route takes; or a call of `app.accounts` that names what is not there.',
    todo: 'The reason in the log says which part. In your own code it is an error of the caller.'
  },
  redirect_not_allowed: {
    when: '`return_to` is neither a path of the application nor matched by `allowedRedirectUrls`.',
    todo: 'Add the address to [`allowedRedirectUrls`](provider.md#where-a-sign-in-ends), as narrow as it can be; or see who sends people with such links.'
  },
  otp_invalid: {
    when: 'The one-time code was wrong, or used already; tries are left.',
    todo: 'Nothing.'
  },
  otp_expired: {
    when: 'The code is over ten minutes old, or belongs to no sign-in of this browser.',
    todo: 'The person signs in again and gets a new one. Where mails take minutes, look at the mailer.'
  },
  invalid_token: {
    when: 'The ID token does not hold: signature, issuer, audience, nonce, times, or a claim that is missing. Nobody is signed in.',
    todo: 'The reason in the log names the rule. `iss` or `aud`: `tenant`, `authority` or `clientId` is not that of the registration. `missing_oid`: the scope `profile` is not asked for. `exp`, `nbf`, `iat`: the clock of the server. Anything else was never seen from Microsoft: look at what stands between.'
  },
  tenant_not_allowed: {
    when: 'The account is of an organisation, or of a kind, that `tenant` or `allowedTenants` leaves out.',
    todo: 'As intended; or widen [`tenant`](tenants.md).'
  },
  unverified_email: {
    when: '`requireVerifiedEmail` is on, and the address scores below `threshold`.',
    todo: 'Ask for the optional claim `xms_edov` ([set up Azure](azure.md#5-claims)), or turn `verify_email` on so that a code can prove the address.'
  },
  signup_disabled: {
    when: '`allowSignup` is off, and nobody has invited this person.',
    todo: 'Invite: `app.accounts.invite({ email })`.'
  },
  account_disabled: {
    when: '`app.accounts.disable` was called for this user.',
    todo: '`app.accounts.enable(userId)`, if it was meant otherwise.'
  },
  reauth_required: {
    when: 'The step needs a sign-in of the last minutes: linking, unlinking, ending other sessions, `requireUser({ maxAge })`.',
    todo: 'Nothing: browsers are led to a fresh sign-in. If it comes round and round, `maxAge` is shorter than a sign-in takes.'
  },
  cross_site_request: {
    when: 'A request that changes something did not come from the application\'s own pages.',
    todo: 'Scripts send `Origin` by themselves; programs send `X-Requested-With`. If people meet it on your pages: `baseUrl` is not the origin that they see.'
  },
  email_in_use: {
    when: 'Somebody holds the address, and this identity may not join: row C3, D2 or D4 of the [linking table](linking.md).',
    todo: 'The person signs in the old way and links by hand. After D2 an administrator [releases](linking.md#addresses) the address.'
  },
  identity_in_use: {
    when: 'Linking by hand: the Microsoft account belongs to another user (row A3).',
    todo: 'The person signs in with it, and unlinks it there.'
  },
  last_identity: {
    when: 'The last way in was to be given up.',
    todo: 'The person links another account first. Where there is another door, say so with `hasOtherWayIn`.'
  },
  session_mismatch: {
    when: 'A link by hand came back to another session than the one that started it.',
    todo: 'The person starts again.'
  },
  otp_locked: {
    when: 'Five wrong tries at one code, or too many for the address in a day. With `Retry-After`.',
    todo: 'Nothing. Many of them for one address are an attack: the audit has them.'
  },
  too_many_requests: {
    when: '[`rateLimit`](rate-limits.md), too many mails to an address in an hour, or what the people of a tenant may do together. With `Retry-After`.',
    todo: 'If whole offices meet it: they share an address; raise the limit. Behind a proxy, set `trustProxy`, or everybody is one client.'
  },
  provider_error: {
    when: 'Microsoft\'s answer cannot be used: malformed, too large, or it says `invalid_client`.',
    todo: '`invalid_client` is yours: the [credential](credentials.md) is wrong or over. The log is at level `error` there, with AADSTS number and remedy.'
  },
  provider_unavailable: {
    when: 'No connection to Microsoft, or it answers 429 or 5xx.',
    todo: 'Wait; see [resilience](resilience.md). If it lasts: DNS, firewall, outgoing proxy.'
  },
  provider_timeout: {
    when: 'Microsoft did not answer within ten seconds.',
    todo: 'As above.'
  },
  otp_unavailable: {
    when: 'The mailer failed or took longer than `mailTimeout`.',
    todo: 'Look at the [mailer](mail.md). Nobody is half signed in.'
  },
  store_unavailable: {
    when: 'The database or Redis does not answer, or cannot write.',
    todo: 'Look at [PostgreSQL](postgresql.md) or [Redis](redis.md), at disk space for SQLite. There is no session without a stored row.'
  },
  insecure_transport: {
    when: '`baseUrl` is https, and the request came as plain http: a Secure cookie cannot be set.',
    todo: '[Behind a proxy](behind-a-proxy.md): set Fastify\'s `trustProxy`.'
  },
  server_error: {
    when: 'Something of your own code failed or took too long: `beforeSignUp`, `allowedTenants`, `onSignIn`; or a fault in this package.',
    todo: 'The line before it in the log has what was thrown, or where.'
  }
}
