import { rolesOf, type TenantRoles } from './roles.ts'
import type { VerifiedToken } from './types.ts'

/** Something about a token that holds, for whoever runs the application. */
export interface Remark {
  readonly message: string
  /** Holds no name, no address and nothing that is secret. */
  readonly about: Readonly<Record<string, unknown>>
}

/** What the log says about a token beside that it holds. */
export function remarksOn ({ identity, claims, groups }: VerifiedToken, tenantRoles: TenantRoles): Remark[] {
  const { tid } = identity
  const { withheld } = rolesOf(claims, identity, tenantRoles)
  return [
    ...(groups.overage
      ? [remark('Microsoft did not send the groups of this person, who is in too many: token.groups.overage is true', { tid, remedy: 'Use app roles in place of groups, let only groups that are assigned to the application be sent, or ask Microsoft Graph.' })]
      : []),
    ...(withheld > 0
      ? [remark('a tenant gave roles that it may not give: they were withheld', { tid, withheld, remedy: 'Name in option "tenantRoles" which roles the tenant may give.' })]
      : [])
  ]
}

function remark (message: string, about: Remark['about']): Remark {
  return Object.freeze({ message, about: Object.freeze(about) })
}
