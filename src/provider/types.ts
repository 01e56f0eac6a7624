/** What a sign-in was started for: to sign in, or to link an identity to the user who is signed in. */
export type SignInIntent = 'sign-in' | LinkIntent

/** What a browser was sent to Microsoft for. */
export type Intent = SignInIntent | AdminConsentIntent

/** Binds a sign-in that links to who started it: this user, in this session. */
export interface LinkIntent {
  readonly action: 'link'
  readonly userId: string
  /** Names the session, without being its id. */
  readonly session: string
}

/** An administrator was asked to allow the application for a tenant. */
export interface AdminConsentIntent {
  readonly action: 'admin-consent'
  /** As it was asked for: a GUID, a domain name or `organizations`. */
  readonly tenant: string
}

/** One sign-in between start and callback. Lives in a sealed cookie of its own, nowhere else. */
export interface Attempt {
  /** Sent to Microsoft and back; names the attempt (RFC 6749 section 10.12). */
  readonly state: string
  /** Must be in the ID token (OpenID Connect Core section 3.1.2.1). */
  readonly nonce: string
  /** PKCE's secret half (RFC 7636). */
  readonly verifier: string
  /** Where the browser goes afterwards, as it was asked for; checked again before it is used. */
  readonly returnTo: string
  readonly intent: Intent
  /** Scopes that were asked for beside those of the options; left out where there are none. */
  readonly scopes?: readonly string[] | undefined
  /** How long before, in seconds, the person may have shown who they are at Microsoft; left out where that does not matter. */
  readonly maxAge?: number | undefined
  /** Names the session, without being its id, whose account is only to be confirmed; no other session may begin in its place when it has ended. */
  readonly confirms?: string | undefined
  /** When it was started, in milliseconds since 1970. */
  readonly startedAt: number
}

/** An attempt that ends in a sign-in, or in a link. */
export interface SignInAttempt extends Attempt {
  readonly intent: SignInIntent
}

/** What Microsoft's token endpoint gave for the code. */
export interface TokenSet {
  readonly idToken: string
  readonly accessToken: string
  readonly refreshToken?: string | undefined
  /** Lifetime of the access token in seconds. */
  readonly expiresIn?: number | undefined
  readonly scope?: string | undefined
}

/** What Microsoft's token endpoint gave for a refresh token (RFC 6749 section 6). */
export interface RefreshedTokens {
  readonly accessToken: string
  /** The new one, to be kept in place of the old; without it the old one stays good. */
  readonly refreshToken?: string | undefined
  /** Lifetime of the access token in seconds. */
  readonly expiresIn?: number | undefined
  readonly scope?: string | undefined
  /** Not verified: it is about no attempt, and says at most whose the other tokens are. */
  readonly idToken?: string | undefined
}

/** The end of the first step: a code was redeemed for the attempt that this browser had started. */
export interface Authorization {
  readonly attempt: SignInAttempt
  /** The code: it was redeemed, and is worth nothing any more. */
  readonly code: string
  readonly tokens: TokenSet
  /** The `iss` parameter of the answer, where it had one (RFC 9207). */
  readonly issuer?: string | undefined
}

/** Remembers which attempts were finished, so that each is finished once. */
export interface UsedAttempts {
  /**
   * Marks an attempt as used, for good.
   *
   * @param stateHash - sha256 of the state, base64url: the state itself is never stored.
   * @param expiresAt - When the mark may go, in milliseconds since 1970.
   * @returns whether this call was the first one: of any number at once, on any number of servers, one is.
   */
  use: (stateHash: string, expiresAt: number) => Promise<boolean>
}
