import type { KeyObject } from 'node:crypto'

/** Claims of an ID token by name. A value of `undefined` takes the claim away. */
export type Claims = Readonly<Record<string, unknown>>

/** A directory at the simulated Microsoft. */
export interface Tenant {
  /** A lower-case GUID. */
  readonly id: string
  readonly name: string
  /** Verified domains in lower case; each names the tenant in a URL as its GUID does. */
  readonly domains: readonly string[]
  /** Whether its people may consent for themselves; else an administrator must for all (AADSTS90094). Left out: they may. */
  readonly userConsent?: boolean | undefined
}

/** What stands in the place of the tenant in a URL. */
export interface TenantReference {
  /** As endpoints in the discovery document spell it: `common`, `organizations`, `consumers` or a GUID. */
  readonly name: string
  /** The one tenant that is meant; `null` for `common` and `organizations`. */
  readonly id: string | null
}

/** Somebody who can sign in. */
export interface Account {
  /** Short name for tests and forms: `ada`. */
  readonly key: string
  /** Display name: the `name` claim. */
  readonly name: string
  /** Sign-in name: the `preferred_username` claim. */
  readonly username: string
  /** The tenant, a lower-case GUID. */
  readonly tid: string
  /** The object in the tenant, a lower-case GUID. */
  readonly oid: string
  /** One line for people: what this account is good for. */
  readonly shows: string
  /** Claims beyond those that every token has. */
  readonly claims: Claims
  /** Whether this person says no when asked for consent. */
  readonly refusesConsent: boolean
  /** Whether this person administers the tenant, and so may consent for all of it. */
  readonly isAdministrator?: boolean | undefined
  /** Number of the fault that Microsoft answers with in place of a code. */
  readonly fault?: RefusedSignIn | undefined
}

/** What a tenant's administrator can hold against a sign-in: numbers behind AADSTS. */
export type RefusedSignIn = 50105 | 53000 | 53003

/** Who may use an application, in the words of Microsoft's application manifest. */
export type SignInAudience =
  | 'AzureADandPersonalMicrosoftAccount' | 'AzureADMultipleOrgs' | 'AzureADMyOrg' | 'PersonalMicrosoftAccount'

/** One of an application's secrets. */
export interface ClientSecret {
  readonly value: string
  /** When it ends, in milliseconds since 1970; without it, never. */
  readonly expiresAt?: number | undefined
}

/** A certificate of an application: its public half. */
export interface RegisteredCertificate {
  readonly publicKey: KeyObject
  /** SHA-256 of its DER, base64url: `x5t#S256`. */
  readonly sha256: string
  /** SHA-1 of its DER, base64url: `x5t`. */
  readonly sha1: string
  /** Milliseconds since 1970. */
  readonly notBefore: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Whose tokens an application may show in place of a secret (workload identity federation). */
export interface RegisteredFederation {
  /** Compared character by character, as subject and audience. */
  readonly issuer: string
  readonly subject: string
  readonly audience: string
  /** The issuer's public keys; one without `kid` serves any. */
  readonly keys: readonly FederationKey[]
}

/** A public key of an issuer. */
export interface FederationKey {
  readonly kid: string | null
  readonly publicKey: KeyObject
}

/** An application as it is registered in the portal. */
export interface Application {
  /** A lower-case GUID. */
  readonly clientId: string
  readonly clientSecrets: readonly ClientSecret[]
  /** Default: none. */
  readonly certificates?: readonly RegisteredCertificate[]
  /** Default: none. */
  readonly federations?: readonly RegisteredFederation[]
  /** Compared character by character. */
  readonly redirectUris: ReadonlySet<string>
  /** The platform of the redirect URIs. `spa` is the wrong one for a server (AADSTS9002327). */
  readonly platform: 'web' | 'spa'
  readonly signInAudience: SignInAudience
  /** The application's own tenant: with `AzureADMyOrg` the only one that may use it. */
  readonly tenantId: string | null
  /** Names of the optional claims that were added to its ID tokens. */
  readonly optionalClaims: ReadonlySet<string>
  /** Whether its tokens are signed with keys of its own, as a claims-mapping policy can make Microsoft do. */
  readonly appSpecificKeys: boolean
  /** Whether tenants may write claims into its tokens by a claims-mapping policy. Left out: they may. */
  readonly acceptMappedClaims?: boolean | undefined
  /** Whether an address is left out of its tokens that Microsoft does not vouch for. Left out: it is sent. */
  readonly removeUnverifiedEmailClaim?: boolean | undefined
  /** What is called when somebody signs out who was signed in to it; `null` for nothing. */
  readonly frontChannelLogout?: { readonly url: string | null } | undefined
}

/** What a person has at Microsoft once they have shown who they are. */
export interface PersonSession {
  /** The claim `sid`, a GUID. */
  readonly sid: string
  /** When they did, in milliseconds since 1970: the claim `auth_time`. */
  readonly authenticatedAt: number
}

/** What a person has agreed to: behind every code and every refresh token. */
export interface Grant {
  readonly clientId: string
  /** Key of the account. */
  readonly account: string
  /** Name of the tenant reference that it was asked under. */
  readonly tenant: string
  readonly scopes: readonly string[]
  readonly redirectUri: string
  readonly nonce: string | null
  readonly challenge: Challenge | null
  readonly session: PersonSession
}

/** The public half of PKCE (RFC 7636 section 4.3). */
export interface Challenge {
  readonly value: string
  readonly method: 'S256' | 'plain'
}

/** The photo of an account. */
export interface SimulatedPhoto {
  /** Such as `image/png`. */
  readonly contentType: string
  readonly body: Uint8Array
}

/** A request to one of the endpoints. */
export interface EndpointRequest {
  readonly method: string
  /** What stood in the place of the tenant. */
  readonly tenant: string
  /** Query string without the question mark. */
  readonly query: string
  readonly body: string
  readonly contentType: string | undefined
  readonly authorization: string | undefined
  readonly origin: string | undefined
  /** The header `Sec-Fetch-Site`. */
  readonly fetchSite: string | undefined
  readonly cookie?: string | undefined
}

/** An answer of one of the endpoints. */
export interface EndpointAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What the token endpoint sends on success. */
export type TokenResponse = Record<string, unknown>

/** Changes a token response before it is sent, so that tests can make a wrong one. */
export type TokenResponseHook = (body: TokenResponse) => TokenResponse | Promise<TokenResponse>
