import { createHash } from 'node:crypto'
import type { Environment } from '../core/environment.ts'
import { refuse } from '../core/errors.ts'
import type { Seal } from '../core/seal.ts'
import { sidOf } from './sid.ts'
import type { ArtifactAdapter, ArtifactKind, ArtifactPayload, Artifacts, ArtifactStore, EndedProviderSession, FoundArtifact, Project } from './types.ts'

/** What the artifacts of a project are made of. */
export interface ArtifactSettings {
  readonly store: ArtifactStore
  readonly project: Project
  /** Of the purpose `identity-artifact`, in the world of the project. */
  readonly seal: Seal
  readonly environment: Pick<Environment, 'now'>
  /** The longest life that anything has, in milliseconds: as long it is remembered that a grant, or a session, has ended. */
  readonly longestLife: number
  /**
   * How long after a refresh token was used up a second use is taken for one of two that came at once, in
   * milliseconds: it is refused, and the family lives. Afterwards it is taken for a theft, and the family dies (RFC
   * 9700 section 4.14.2). 0 takes every second use for a theft.
   */
  readonly reuseGrace: number
  /**
   * The error for who comes second: to a code or token that is used up (oidc-provider's `InvalidGrant`), or with an
   * assertion that was seen before (kind `ReplayDetection`: `InvalidClientAuth`).
   */
  readonly lost: (kind: ArtifactKind) => Error
}

/** The kinds of which a second writer is refused, and not taken for one that writes anew: of an assertion that is sent twice at once, one is taken. */
const firstOnly: ReadonlySet<ArtifactKind> = new Set(['ReplayDetection'])

/** What belongs to a grant. Interactions name one as well, but only to ask about it. */
const granted: ReadonlySet<ArtifactKind> = new Set(['AuthorizationCode', 'AccessToken', 'RefreshToken'])

/** How long a request may have been under way that still writes what was destroyed, in milliseconds. */
const longestRequest = 3_600_000

/** At most so many expired rows go with each access token that is given. */
const sweptAtOnce = 50

/**
 * Keeps what oidc-provider makes: ids as hashes and payloads sealed, so that
 * nothing in the store can be used (abuse case X03); used up by whoever is first;
 * ended with its grant, its session or its user.
 */
export function createArtifacts (settings: ArtifactSettings): Artifacts {
  const { store, project, environment, longestLife } = settings

  return {
    adapter: (kind) => createAdapter(settings, kind),

    bind: async (uid, appSession) => {
      await store.bind(project.name, sessionKeyOf(project, uid), appSession, environment.now() + longestLife)
    },

    sessionOf: async (appSession) => {
      for (const key of await store.boundTo(project.name, appSession)) {
        const opened = await openFound(settings, 'Session', await store.findSession(key))
        if (opened !== undefined) return opened.payload
      }
      return undefined
    },

    replaceSession: async (appSession, by, accountId) => {
      const ended: string[] = []
      for (const key of await store.boundTo(project.name, appSession)) {
        const opened = await openFound(settings, 'Session', await store.findSession(key))
        if (opened?.payload.accountId === accountId) await store.bind(project.name, key, by, until())
        else ended.push(key)
      }
      return await endSessions(ended)
    },

    endApp: async (accountId, clientId) => {
      for (const { id, payload } of await readGrants(await store.sessionsOf(project.name, accountId))) {
        if (payload.clientId === clientId) await store.end(hash(project, 'Grant', id), until())
      }
    },

    endSession: async (appSession) => await endSessions(await store.boundTo(project.name, appSession)),

    endOtherSessions: async (accountId, appSession) => {
      const kept = new Set(appSession === null ? [] : await store.boundTo(project.name, appSession))
      return await endSessions((await store.sessionsOf(project.name, accountId)).filter((key) => !kept.has(key)))
    },

    endAccount: async (accountId) => {
      await store.endAccount(accountId, until())
    }
  }

  async function endSessions (keys: readonly string[]): Promise<EndedProviderSession[]> {
    const told = whomToTell(await readGrants(keys))
    await store.endSessions(keys, until())
    return told
  }

  /** Grants, not what a session lists: of two apps that are signed in to at once, the one overwrites the other there. */
  async function readGrants (sessionKeys: readonly string[]): Promise<Opened[]> {
    const grants = await Promise.all((await store.grantsIn(sessionKeys)).map(async (found) => await openFound(settings, 'Grant', found)))
    return grants.filter((grant) => grant !== undefined)
  }

  function until (): number {
    return environment.now() + longestLife
  }
}

function createAdapter (settings: ArtifactSettings, kind: ArtifactKind): ArtifactAdapter {
  const { store, project, seal, environment, longestLife, lost } = settings
  const keyOf = (id: string): string => hash(project, kind, id)

  return {
    upsert: async (id, payload, expiresIn) => {
      const now = environment.now()
      const expiresAt = now + expiresIn * 1_000
      if (!Number.isSafeInteger(expiresAt)) throw refuse('server_error', 'artifact_without_end')
      const write = firstOnly.has(kind) ? store.putFirst : store.put
      const written = await write({
        key: keyOf(id),
        project: project.name,
        kind,
        sealed: await seal.seal({ id, kind, payload: { ...payload, consumed: undefined } }),
        ...familyOf(payload),
        accountId: accountOf(payload),
        expiresAt
      })
      if (kind === 'AccessToken') await store.sweep(now, sweptAtOnce)
      // Else it, its grant or its session has ended meanwhile: whoever is answered now has something in hand that is dead.
      if (!written && firstOnly.has(kind)) throw lost(kind)
    },

    find: async (id) => {
      const opened = await openFound(settings, kind, await store.find(keyOf(id)))
      return opened?.id === id ? opened.payload : undefined
    },

    findByUid: async (uid) => {
      const opened = await openFound(settings, kind, await store.findSession(sessionKeyOf(project, uid)))
      return opened?.payload.uid === uid ? opened.payload : undefined
    },

    // There are no devices here that would show one.
    findByUserCode: async () => undefined,

    consume: async (id) => {
      if (!await store.consume(keyOf(id), environment.now())) throw lost(kind)
    },

    destroy: async (id) => {
      await store.end(keyOf(id), environment.now() + (kind === 'Grant' ? longestLife : longestRequest))
    },

    revokeByGrantId: async (grantId) => {
      await store.end(hash(project, 'Grant', grantId), environment.now() + longestLife)
    }
  }

  function familyOf (payload: ArtifactPayload): { grantKey: string | null, sessionKey: string | null } {
    const { jti, grantId, sessionUid, uid } = payload
    const grant = kind === 'Grant' ? jti : granted.has(kind) ? grantId : undefined
    const session = kind === 'Session' ? uid : kind === 'Grant' || granted.has(kind) ? sessionUid : undefined
    return {
      grantKey: typeof grant === 'string' ? hash(project, 'Grant', grant) : null,
      sessionKey: typeof session === 'string' ? sessionKeyOf(project, session) : null
    }
  }
}

interface Opened { readonly id: string, readonly payload: ArtifactPayload }

/** What was sealed. Nothing where it cannot be opened, or was sealed as something else: rows that were changed by hand serve nobody. */
async function openFound ({ seal, environment, reuseGrace }: ArtifactSettings, kind: ArtifactKind, found: FoundArtifact | null): Promise<Opened | undefined> {
  if (found === null) return undefined
  const opened = await seal.open(found.sealed) as (Opened & { readonly kind: unknown }) | null
  if (opened === null || opened.kind !== kind) return undefined
  const { consumedAt } = found
  // Within the grace it looks unused, and then `consume` refuses it without ending the family.
  const isUsed = consumedAt !== null && !(kind === 'RefreshToken' && environment.now() - consumedAt < reuseGrace)
  return { id: opened.id, payload: isUsed ? { ...opened.payload, consumed: Math.floor(consumedAt / 1_000) } : opened.payload }
}

/** The user of a payload: in an interaction, the one who has just signed in, or had before. */
function accountOf (payload: ArtifactPayload): string | null {
  const { accountId, result, session } = payload as {
    accountId?: unknown, result?: { login?: { accountId?: unknown } }, session?: { accountId?: unknown }
  }
  const account = accountId ?? result?.login?.accountId ?? session?.accountId
  return typeof account === 'string' ? account : null
}

/** Each app once for each session, by the word that it knows the session by. */
function whomToTell (grants: readonly Opened[]): EndedProviderSession[] {
  const sessions = new Map<unknown, { accountId: string, clients: Map<string, string> }>()
  for (const { payload } of grants) {
    const { sessionUid, clientId, accountId } = payload as { sessionUid: string, clientId: string, accountId: string }
    const session = sessions.get(sessionUid) ?? { accountId, clients: new Map<string, string>() }
    session.clients.set(clientId, sidOf(sessionUid, clientId))
    sessions.set(sessionUid, session)
  }
  return [...sessions.values()].map(({ accountId, clients }) => ({ accountId, clients: [...clients].map(([clientId, sid]) => ({ clientId, sid })) }))
}

function sessionKeyOf (project: Project, uid: string): string {
  return hash(project, 'SessionUid', uid)
}

/** Ids are long and random, so a plain hash tells nothing about them. */
function hash ({ name, simulated }: Project, kind: string, id: string): string {
  return createHash('sha256').update(JSON.stringify([name, simulated, kind, id])).digest('base64url')
}
