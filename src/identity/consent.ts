import { claimsOfScope, scopeNames } from './scopes.ts'

/** What a person has let an app have. */
export interface Consent {
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Claims that the app asked for by name (OpenID Connect Core section 5.5). */
  readonly claims: readonly string[]
  /** Milliseconds since 1970. */
  readonly grantedAt: number
}

/** Where it is remembered what people have let apps have. */
export interface ConsentStore {
  find: (project: string, userId: string, clientId: string) => Promise<Consent | null>
  /** In place of what there was. */
  put: (project: string, userId: string, consent: Consent) => Promise<void>
  /** Says whether there was any. */
  remove: (project: string, userId: string, clientId: string) => Promise<boolean>
  /** By client id. */
  list: (project: string, userId: string) => Promise<Consent[]>
  /** Forgets all that a user has let apps have, in every project. */
  removeAllOf: (userId: string) => Promise<void>
}

/** What an app asks for. */
export interface Wish {
  readonly scopes: readonly string[]
  readonly claims: readonly string[]
}

const claimNames: ReadonlySet<string> = new Set(Object.values(claimsOfScope).flat())

/** What the parameters of an authorization request ask for; what is unknown is left out. They have been checked. */
export function wishOf ({ scope, claims }: Readonly<Record<string, unknown>>): Wish {
  const asked = new Set(typeof scope === 'string' ? scope.split(' ') : [])
  const byName = typeof claims === 'string' ? Object.values(JSON.parse(claims) as Record<string, object | null>).flatMap((part) => Object.keys(part ?? {})) : []
  return {
    scopes: scopeNames.filter((name) => asked.has(name)),
    claims: [...new Set(byName)].filter((name) => claimNames.has(name))
  }
}

/** What was let through before, and what is now: neither takes anything away from the other. */
export function addTo (consent: Consent | null, clientId: string, wish: Wish, grantedAt: number): Consent {
  const both = (before: readonly string[] = [], now: readonly string[]): string[] => [...new Set([...before, ...now])].sort()
  return { clientId, scopes: both(consent?.scopes, wish.scopes), claims: both(consent?.claims, wish.claims), grantedAt }
}
