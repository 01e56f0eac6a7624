/** The optional claims of ID tokens that an application is better off with, and what each is for. */
export const wantedClaims: Readonly<Record<string, string>> = Object.freeze({
  email: 'the address',
  xms_edov: 'whether Microsoft vouches for the address',
  upn: 'the sign-in name, for option "emailSources"',
  acct: 'whether the person is a member or a guest of the tenant',
  sid: 'the session at Microsoft, for front-channel logout',
  login_hint: 'who it is, so that Microsoft does not ask again',
  auth_time: 'when the person showed who they are, for "max_age"',
  given_name: 'the profile',
  family_name: 'the profile'
})

/** One optional claim, as Microsoft's application manifest has it. */
export interface OptionalClaim {
  readonly name: string
  readonly source: null
  readonly essential: boolean
  readonly additionalProperties: readonly string[]
}

/** What of an application is to be in its manifest; each `null` leaves its member out. */
export interface ManifestWish {
  readonly redirectUris: readonly string[] | null
  readonly logoutUrl: string | null
}

/**
 * The part of an application manifest to paste, in the format of Microsoft Graph, which the portal shows. The claim
 * `xms_edov` can only be added there: the page *Token configuration* does not list it for every application.
 */
export function manifestPart ({ redirectUris, logoutUrl }: ManifestWish): Record<string, unknown> {
  return {
    ...(redirectUris !== null && { web: { redirectUris: [...redirectUris], ...(logoutUrl !== null && { logoutUrl }) } }),
    optionalClaims: {
      idToken: Object.keys(wantedClaims).map((name): OptionalClaim => ({ name, source: null, essential: false, additionalProperties: [] })),
      accessToken: [],
      saml2Token: []
    }
  }
}

/** What the checks read of a whole manifest. What it does not say is `null`. */
export interface ManifestFacts {
  readonly clientId: string | null
  readonly isMultiTenant: boolean | null
  readonly acceptsMappedClaims: boolean
  /** Whether Microsoft takes addresses out of tokens that it cannot vouch for. */
  readonly removesUnverifiedEmail: boolean | null
  /** Names of the optional claims of ID tokens. */
  readonly idTokenClaims: readonly string[]
  /** Redirect URLs of the platform Web, and of the others. */
  readonly webRedirectUris: readonly string[]
  readonly singlePageRedirectUris: readonly string[]
  readonly logoutUrl: string | null
  readonly hasImplicitGrant: boolean
  /** The secrets and certificates, with their ends in milliseconds since 1970. */
  readonly credentials: ReadonlyArray<{ readonly name: string, readonly expiresAt: number }>
}

type Members = Readonly<Record<string, unknown>>

/** Reads a whole manifest, as the portal shows it; `null` where it is none. */
export function parseManifest (text: string): ManifestFacts | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  return readManifest(value)
}

/**
 * Reads an application manifest as the portal gives it: in the format of Microsoft Graph, or in the older one of Azure
 * AD Graph. Takes what it knows and leaves the rest alone.
 *
 * @returns `null` where it is no manifest.
 */
export function readManifest (value: unknown): ManifestFacts | null {
  const manifest = asMembers(value)
  if (!('appId' in manifest) && !('optionalClaims' in manifest) && !('signInAudience' in manifest)) return null
  const api = asMembers(manifest.api)
  const older = asList(manifest.replyUrlsWithType).map(asMembers)
  const urlsOf = (platform: string, olderType: string): string[] =>
    texts([...asList(asMembers(manifest[platform]).redirectUris), ...older.filter(({ type }) => type === olderType).map(({ url }) => url)])
  return Object.freeze({
    clientId: asText(manifest.appId)?.toLowerCase() ?? null,
    isMultiTenant: audienceOf(manifest),
    acceptsMappedClaims: api.acceptMappedClaims === true || manifest.acceptMappedClaims === true,
    removesUnverifiedEmail: asFlag(asMembers(manifest.authenticationBehaviors).removeUnverifiedEmailClaim),
    idTokenClaims: texts(asList(asMembers(manifest.optionalClaims).idToken).map((claim) => asMembers(claim).name)),
    webRedirectUris: urlsOf('web', 'Web'),
    singlePageRedirectUris: urlsOf('spa', 'Spa'),
    logoutUrl: asText(asMembers(manifest.web).logoutUrl) ?? asText(manifest.logoutUrl),
    hasImplicitGrant: hasImplicitGrant(manifest),
    credentials: [...asList(manifest.passwordCredentials), ...asList(manifest.keyCredentials)].flatMap(readCredential)
  })
}

function audienceOf ({ signInAudience: audience }: Members): boolean | null {
  return asText(audience) === null ? null : audience !== 'AzureADMyOrg'
}

function hasImplicitGrant (manifest: Members): boolean {
  const settings = asMembers(asMembers(manifest.web).implicitGrantSettings)
  return [settings.enableIdTokenIssuance, settings.enableAccessTokenIssuance, manifest.oauth2AllowIdTokenImplicitFlow, manifest.oauth2AllowImplicitFlow].includes(true)
}

/** Only the name and the end: a manifest holds no secret, and its first characters are nobody's business either. */
function readCredential (value: unknown, index: number): Array<{ name: string, expiresAt: number }> {
  const { displayName, endDateTime, endDate } = asMembers(value)
  const expiresAt = Date.parse(asText(endDateTime) ?? asText(endDate) ?? '')
  return Number.isNaN(expiresAt) ? [] : [{ name: asText(displayName) ?? `credential ${index + 1}`, expiresAt }]
}

function asMembers (value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Members : {}
}

function asList (value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function texts (values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === 'string')
}

function asText (value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function asFlag (value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null
}
