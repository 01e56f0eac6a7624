/*
 * The tables, as queries see them. Text and integers only, so that SQLite and
 * PostgreSQL run the same queries. Names that end in `_at` are milliseconds
 * since 1970; yes and no are 1 and 0.
 */

/** People. */
export interface UsersTable {
  id: string
  display_name: string | null
  created_at: number
  disabled_at: number | null
}

/** Accounts at Microsoft; (`tid`, `oid`) is the key. */
export interface IdentitiesTable {
  tid: string
  oid: string
  user_id: string
  sub: string
  iss: string
  authority: string
  /** 1 where a simulator vouched for it. */
  simulated: number
  /** JSON of a `Profile`. */
  profile: string
  /** JSON of a `ScoredEmail`. */
  email: string
  created_at: number
  last_sign_in_at: number | null
}

/** E-mail addresses of users. */
export interface IdentifiersTable {
  user_id: string
  canonical: string
  address: string
  verified: number
  proof_kind: string | null
  proof_tid: string | null
  proof_oid: string | null
  proof_at: number | null
  created_at: number
}

/** Who ever proved which address of a user. */
export interface ProofsTable {
  user_id: string
  canonical: string
  tid: string
  oid: string
  kind: string
  proved_at: number
}

/** Addresses under which users are awaited. */
export interface InvitationsTable {
  canonical: string
  user_id: string
  address: string
  created_at: number
}

/** Signed-in browsers. Bound to no row of `users`: an application may keep its users elsewhere. */
export interface SessionsTable {
  key: string
  user_id: string
  /** JSON of a `SessionUser`. */
  user: string
  created_at: number
  authenticated_at: number
  last_seen_at: number
  expires_at: number
  device: string | null
  /** Hash of authority and `sid`: the session that the person has at Microsoft. */
  microsoft_session: string | null
  login_hint: string | null
  /** When Microsoft last said that the account may sign in; `null` in rows of before this was kept. */
  confirmed_at: number | null
}

/** Microsoft's tokens of identities, sealed. Bound to no row of `identities`: an application may keep its accounts elsewhere. */
export interface TokensTable {
  tid: string
  oid: string
  user_id: string
  /** JWE of the refresh token and the access tokens at hand. */
  sealed: string
  /** Counts the writes: who writes names the one that was read. */
  version: number
  /** Whoever refreshes them now; `null` for nobody. */
  lease: string | null
  /** When that one is thought to have died. */
  lease_until: number
  saved_at: number
}

/** Attempts that were finished. */
export interface UsedAttemptsTable {
  state_hash: string
  expires_at: number
}

/** One-time codes on their way, each with the sign-in that waits for it. */
export interface ChallengesTable {
  /** Hash of the id that the browser has. */
  key: string
  /** Keyed hash of the canonical address. */
  address_hash: string
  /** Keyed hash of the code. */
  code_hash: string
  /** Tries so far, over all codes of the challenge. */
  tries: number
  /** The sign-in that waits, sealed: holds tokens. */
  pending: string
  created_at: number
  expires_at: number
}

/** Mails sent to, and wrong codes given for, an address: what the limits count. As many rows as a limit allows: a new event takes the place of one that counts no longer. */
export interface CodeEventsTable {
  /** Kind (`mail` or `wrong`), number of the slot, and keyed hash of the canonical address. */
  id: string
  happened_at: number
}

/** Who did what, when, by which evidence, with what outcome. */
export interface AuditTable {
  /** Sorts by time. */
  id: string
  happened_at: number
  type: string
  user_id: string | null
  tid: string | null
  oid: string | null
  /** Keyed hash of the canonical address, or the address where the operator asked for that. */
  address: string | null
  /** JSON of kinds and scores. */
  evidence: string
  /** Row of the linking table. */
  linking_row: string | null
  code: string | null
  reason: string | null
  request_id: string | null
}

/** What an identity provider keeps of its sessions, grants, codes and tokens: ids are hashes, the rest is sealed. */
export interface IdentityArtifactsTable {
  key: string
  project: string
  kind: string
  /** JWE of the payload. */
  sealed: string
  grant_key: string | null
  session_key: string | null
  account_id: string | null
  consumed_at: number | null
  expires_at: number
}

/** Keys of artifacts, grants and sessions that have ended: nothing of them is found or written again. */
export interface IdentityEndsTable {
  key: string
  /** When nothing of it could be there any more. */
  expires_at: number
}

/** Which of the application's sessions a provider's session belongs to. */
export interface IdentitySessionsTable {
  session_key: string
  project: string
  /** `key` in `sessions`; bound to no row there: sessions may be in Redis. */
  app_session: string
  expires_at: number
}

/** Apps that sign people in here, those of the options aside. */
export interface IdentityClientsTable {
  project: string
  id: string
  name: string
  /** JSON of what a `ClientRecord` has beside id, name and secrets. */
  record: string
  created_at: number
}

/** Secrets of those apps, hashed. */
export interface IdentityClientSecretsTable {
  project: string
  client_id: string
  /** 0 or 1. */
  slot: number
  secret_id: string
  hash: string
  created_at: number
}

/** What people have let apps have. Bound to no row of `users`: an application may keep its accounts elsewhere. */
export interface IdentityConsentsTable {
  project: string
  user_id: string
  client_id: string
  /** Words, with spaces between them. */
  scopes: string
  claims: string
  granted_at: number
}

/** Keys that sign tokens. */
export interface IdentityKeysTable {
  project: string
  /** 1 where a simulator vouches for those who sign in. */
  simulated: number
  generation: number
  algorithm: string
  kid: string
  /** JWE of the private JWK. */
  sealed: string
  created_at: number
  signs_at: number
}

/** All tables. */
export interface Schema {
  users: UsersTable
  identities: IdentitiesTable
  identifiers: IdentifiersTable
  proofs: ProofsTable
  invitations: InvitationsTable
  sessions: SessionsTable
  tokens: TokensTable
  used_attempts: UsedAttemptsTable
  challenges: ChallengesTable
  code_events: CodeEventsTable
  audit: AuditTable
  identity_artifacts: IdentityArtifactsTable
  identity_ends: IdentityEndsTable
  identity_sessions: IdentitySessionsTable
  identity_clients: IdentityClientsTable
  identity_client_secrets: IdentityClientSecretsTable
  identity_keys: IdentityKeysTable
  identity_consents: IdentityConsentsTable
}
