/*
 * What an OpenID Connect provider for one's own apps keeps, and where. Times are
 * milliseconds since 1970. `project` is the name of one provider: several share a database and see nothing of each other.
 */

/** One provider: what it is called in the store, and whether a simulator vouches for those who sign in. */
export interface Project {
  /** Lower-case letters, digits and dashes. */
  readonly name: string
  /** Keys and artifacts of the two worlds never mix, even in one database with the same secrets. */
  readonly simulated: boolean
}

/** What an app is: whether it can keep a secret (RFC 6749 section 2.1), and where it may be returned to. */
export type ClientType = 'web' | 'spa' | 'native'

/** How an app authenticates at the token endpoint (OpenID Connect Core section 9). */
export type ClientAuthentication = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none'

/** A public key of a client, as RFC 7517 writes it. Holds no private member. */
export type PublicJwk = Readonly<Record<string, unknown>> & { readonly kty: string }

/** A secret as it is kept: what it was is not in it. */
export interface ClientSecret {
  /** Names the secret to people and to the command line: the first eight characters of its hash. */
  readonly id: string
  /** SHA-256 of the secret, base64url. */
  readonly hash: string
  readonly createdAt: number
}

/** An app that signs people in here, checked: whatever cannot be one is refused by {@link readClient}. */
export interface ClientRecord {
  /** `client_id`. */
  readonly id: string
  /** Shown on the consent page. */
  readonly name: string
  readonly type: ClientType
  /** The app's own page, shown beside its name; `null` where it has none. */
  readonly url: string | null
  /** Compared character by character; of native apps, the port of a loopback address may differ (RFC 8252 section 7.3). */
  readonly redirectUrls: readonly string[]
  /** Where a sign-out may return to: compared likewise. */
  readonly logoutRedirectUrls: readonly string[]
  readonly authentication: ClientAuthentication
  /** What its ID tokens and logout tokens are signed by. */
  readonly idTokenAlgorithm: SigningAlgorithm
  /** Whether the app may ask for `offline_access`. */
  readonly refreshTokens: boolean
  /** Has `openid`; has `offline_access` exactly where {@link refreshTokens} is on. */
  readonly scopes: readonly string[]
  /** Whether nobody is asked for consent. */
  readonly firstParty: boolean
  /** Where it is told that a session ended (OpenID Connect Back-Channel Logout); `null` for nowhere. */
  readonly backchannelLogoutUrl: string | null
  /** Keys that check its assertions; `null` unless {@link authentication} is `private_key_jwt`. */
  readonly jwks: { readonly keys: readonly PublicJwk[] } | null
  /** At most two, so that one can be replaced while both are taken; empty for what authenticates otherwise. */
  readonly secrets: readonly ClientSecret[]
}

/** Where clients are kept that are not in the options. */
export interface ClientStore {
  /** Says whether it was added: `false` where there is one of that id. */
  add: (project: string, client: ClientRecord, at: number) => Promise<boolean>
  find: (project: string, id: string) => Promise<ClientRecord | null>
  /** By name, then id. */
  list: (project: string) => Promise<ClientRecord[]>
  /**
   * Adds a secret where the client has fewer than `most`, which holds for any number of callers at once. `full`
   * where it has that many; `unknown` where there is no such client.
   */
  addSecret: (project: string, id: string, secret: ClientSecret, most: number) => Promise<'added' | 'full' | 'unknown'>
  /** Says whether it was there. */
  removeSecret: (project: string, id: string, secretId: string) => Promise<boolean>
  /** Removes a client and its secrets. Says whether it was there. */
  remove: (project: string, id: string) => Promise<boolean>
}

/** The algorithms that tokens are signed by. */
export type SigningAlgorithm = 'RS256' | 'ES256'

/** A signing key as it is kept. */
export interface StoredKey {
  /** RFC 7638 thumbprint of the public part. */
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  /** Counts the rotations, from 1: of any number of servers, one makes the keys of a generation. */
  readonly generation: number
  /** The private JWK, sealed. */
  readonly sealed: string
  readonly createdAt: number
  /** From then on it signs; published as soon as it is there. */
  readonly signsAt: number
}

/** Where signing keys are kept. */
export interface KeyStore {
  /** Of all generations, oldest first. */
  list: (project: Project) => Promise<StoredKey[]>
  /** Adds the keys of one generation, all or none. Says whether they were added: `false` where another one made that generation. */
  add: (project: Project, keys: readonly StoredKey[]) => Promise<boolean>
  /** Puts another seal of the same key in place of `from`. */
  reseal: (project: Project, kid: string, from: string, to: string) => Promise<void>
  /** Removes all keys of generations before `generation`. */
  removeBefore: (project: Project, generation: number) => Promise<void>
}

/** What is kept of a provider's session, code, token, grant or interaction. Nothing in it can be used: ids are hashes, the rest is sealed. */
export interface StoredArtifact {
  /** Hash of project, kind and id. */
  readonly key: string
  readonly project: string
  readonly kind: ArtifactKind
  /** All else, sealed. */
  readonly sealed: string
  /** Key of the grant: its own for a grant, that of its grant for a code or token; `null` for the rest. */
  readonly grantKey: string | null
  /** Hash of project and session uid: of a session, and of the grants, codes and tokens that were given in it. */
  readonly sessionKey: string | null
  /** The user, where one is known. */
  readonly accountId: string | null
  readonly expiresAt: number
}

/** What oidc-provider calls models. */
export type ArtifactKind = 'Session' | 'Grant' | 'Interaction' | 'AuthorizationCode' | 'AccessToken' | 'RefreshToken' | 'ReplayDetection'

/** An artifact as it was found. */
export interface FoundArtifact {
  readonly sealed: string
  /** When it was used up; `null` where it was not. */
  readonly consumedAt: number | null
}

/**
 * Where artifacts are kept. What was *ended*, by itself or with its grant,
 * session or user, is never found again and never written again: a request that
 * was under way when it ended brings nothing back. What has expired may be found until it is swept.
 */
export interface ArtifactStore {
  /** Writes it, or writes it anew; what is consumed stays so. Says whether it did: `false` where it, its grant or its session has ended. */
  put: (artifact: StoredArtifact) => Promise<boolean>
  /** Writes it where it is not there yet. Says whether this call did: of any number at once, one does. */
  putFirst: (artifact: StoredArtifact) => Promise<boolean>
  find: (key: string) => Promise<FoundArtifact | null>
  /** The session of a {@link StoredArtifact.sessionKey}. */
  findSession: (sessionKey: string) => Promise<FoundArtifact | null>
  /** Uses it up. Says whether this call did: of any number at once, one does. */
  consume: (key: string, at: number) => Promise<boolean>
  /** Ends an artifact; with a grant, all its codes and tokens. `until` is when nothing of it could be there any more. */
  end: (key: string, until: number) => Promise<void>
  /** Ends the sessions, and all codes and tokens that were given in them. */
  endSessions: (sessionKeys: readonly string[], until: number) => Promise<void>
  /** Ends all that a user has, in every project. */
  endAccount: (accountId: string, until: number) => Promise<void>
  /** Notes that a session of the provider belongs to a session of the application (by its key there). */
  bind: (project: string, sessionKey: string, appSession: string, expiresAt: number) => Promise<void>
  /** Keys of the sessions of the provider that belong to one of the application. */
  boundTo: (project: string, appSession: string) => Promise<string[]>
  /** Keys of the sessions of a user, those among them of which only codes and tokens are left. */
  sessionsOf: (project: string, accountId: string) => Promise<string[]>
  /** The grants that were given in sessions. */
  grantsIn: (sessionKeys: readonly string[]) => Promise<FoundArtifact[]>
  /** Removes at most `limit` expired rows of each table. */
  sweep: (now: number, limit: number) => Promise<void>
}

/** A payload of oidc-provider. */
export type ArtifactPayload = Record<string, unknown>

/** What oidc-provider asks of an adapter. Ids are those of the outside; hashing and sealing are done within. */
export interface ArtifactAdapter {
  /** @param expiresIn - Seconds. */
  upsert: (id: string, payload: ArtifactPayload, expiresIn: number) => Promise<void>
  /** With `consumed` (seconds since 1970) where it is. */
  find: (id: string) => Promise<ArtifactPayload | undefined>
  findByUid: (uid: string) => Promise<ArtifactPayload | undefined>
  findByUserCode: (userCode: string) => Promise<undefined>
  /** @throws what `lost` of {@link ArtifactSettings} makes, for all but the first. */
  consume: (id: string) => Promise<void>
  destroy: (id: string) => Promise<void>
  revokeByGrantId: (grantId: string) => Promise<void>
}

/** A session of the provider that has ended: whom to tell, by back-channel logout. */
export interface EndedProviderSession {
  readonly accountId: string
  /** By client id. */
  readonly clients: ReadonlyArray<{ readonly clientId: string, readonly sid: string }>
}

/** The artifacts of one project. */
export interface Artifacts {
  /** For oidc-provider's `adapter` option: every kind but `Client`, which {@link ClientStore} has. */
  adapter: (kind: ArtifactKind) => ArtifactAdapter
  /**
   * Binds a session of the provider to one of the application, so that it ends with it. Look afterwards whether that
   * one is still alive, and end this one where it is not: it may have ended a moment before.
   *
   * @param uid - `session.uid`.
   * @param appSession - Key of the application's session, as its store has it.
   */
  bind: (uid: string, appSession: string) => Promise<void>
  /** The session that belongs to one of the application; `undefined` where there is none yet. */
  sessionOf: (appSession: string) => Promise<ArtifactPayload | undefined>
  /**
   * Another session of the application takes the place of one: what is the same user's belongs to the new one, and all
   * else ends. Says whom to tell.
   */
  replaceSession: (appSession: string, by: string, accountId: string) => Promise<EndedProviderSession[]>
  /** Ends what a user has let an app have: its grants, codes and tokens. */
  endApp: (accountId: string, clientId: string) => Promise<void>
  /** Ends what belongs to a session of the application: sessions here, grants, codes, tokens. Says whom to tell. */
  endSession: (appSession: string) => Promise<EndedProviderSession[]>
  /** The same for all sessions of a user, but for those of one of the application where it is given. */
  endOtherSessions: (accountId: string, appSession: string | null) => Promise<EndedProviderSession[]>
  /** Ends all that a user has, in every project of the database, those of other servers among them: sessions, grants, codes, tokens. Nobody is told. */
  endAccount: (accountId: string) => Promise<void>
}

/** A private JWK (RFC 7517, RFC 7518 section 6): with what only the signer may know. */
export type PrivateJwk = Readonly<Record<string, string>> & { readonly kid: string, readonly alg: SigningAlgorithm }

/** The keys of a project at one moment. */
export interface KeySet {
  /** Changes exactly when the list does, or the order of it. */
  readonly version: string
  /** For oidc-provider's `jwks` option: for each algorithm the key that signs first, then those that are published beside it. */
  readonly keys: readonly PrivateJwk[]
  /** When the next change is due, `null` for none that is known; a rotation may change it before. */
  readonly changesAt: number | null
}

/** The signing keys of one project. */
export interface SigningKeys {
  /** Makes the first ones where there are none: once for any number of servers. @throws ConfigurationError where stored ones cannot be opened. */
  prepare: () => Promise<KeySet>
  /** The keys now. Reads the store at most once a minute, so that a rotation reaches every server before the new key signs. */
  current: () => Promise<KeySet>
}
