import type { Identity } from './types.ts'

/** The roles that tenants may give, by lower-case `tid`; `null` where each may give any. */
export type TenantRoles = Readonly<Record<string, readonly string[]>> | null

/** The roles of a person, and how many more the token had. */
export interface RolesReading {
  /** In the token's order, each once. */
  readonly roles: readonly string[]
  /** Roles that the tenant gave and may not give. */
  readonly withheld: number
}

/**
 * The app roles of a person (Microsoft, 'ID token claims reference', `roles`).
 * What is no role that a registration can define counts as not sent.
 *
 * In a multi-tenant application each customer's administrator may give each
 * role of the registration to their own people: `Admin` of one tenant is
 * nobody's administrator in another. Where the operator says which roles a
 * tenant may give, all others are withheld, those of tenants that are not listed among them.
 */
export function rolesOf (
  claims: Readonly<Record<string, unknown>>, { tid }: Pick<Identity, 'tid'>, tenantRoles: TenantRoles
): RolesReading {
  const given = readRoles(claims)
  const roles = allowedRoles(given, tid, tenantRoles)
  return Object.freeze({ roles, withheld: given.length - roles.length })
}

/** Those of some roles that a tenant may give: sessions last for days, and options are changed meanwhile. */
export function allowedRoles (roles: readonly string[], tid: string, tenantRoles: TenantRoles): readonly string[] {
  if (tenantRoles === null) return Object.freeze([...roles])
  const allowed = Object.hasOwn(tenantRoles, tid) ? tenantRoles[tid]! : []
  return Object.freeze(roles.filter((name) => allowed.includes(name)))
}

/** Whether a value can be an app role (Microsoft, 'App manifest', appRoles: at most 120 characters, no white space). */
export function isRole (value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,120}$/.test(value)
}

function readRoles (claims: Readonly<Record<string, unknown>>): string[] {
  const value = Object.hasOwn(claims, 'roles') ? claims.roles : []
  // A list only: a text is none, and `includes` would find roles inside of it.
  if (!Array.isArray(value)) return []
  return [...new Set(value.filter(isRole))]
}
