import type { LinkedUser } from '../linking/types.ts'
import type { SessionUser } from './types.ts'

/** The small, public part of a linked user that a session keeps. */
export function sessionUserOf ({ user, identity, email }: LinkedUser): SessionUser {
  return Object.freeze({
    id: user.id,
    displayName: user.displayName,
    email: email.address === null ? null : email,
    identity: Object.freeze({ tid: identity.tid, oid: identity.oid })
  })
}
