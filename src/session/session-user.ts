import type { LinkedUser } from '../linking/types.ts'
import type { SessionUser } from './types.ts'

/** The most roles that a session keeps: a session is read at every request, and its JSON is bounded. */
const rolesAtMost = 100
/** All of them together, in characters: roles are ASCII. */
const rolesLength = 4_096

/**
 * The roles as a session keeps them: all of them, or `null` where they are too
 * many. Some of them would be another person's rights.
 */
export function keptRoles (roles: readonly string[]): readonly string[] | null {
  const length = JSON.stringify(roles).length
  return roles.length <= rolesAtMost && length <= rolesLength ? roles : null
}

/** The small, public part of a linked user that a session keeps. Roles that are too many for it are left out. */
export function sessionUserOf ({ user, identity, email }: LinkedUser, roles: readonly string[]): SessionUser {
  return Object.freeze({
    id: user.id,
    displayName: user.displayName,
    email: email.address === null ? null : email,
    identity: Object.freeze({ tid: identity.tid, oid: identity.oid }),
    roles: Object.freeze([...keptRoles(roles) ?? []])
  })
}
