import type { Account } from './types.ts'

/**
 * The `login_hint` claim of an account: opaque to applications, which only
 * give it back, as at Microsoft. It holds no secret.
 */
export function loginHintOf ({ tid, oid }: Pick<Account, 'tid' | 'oid'>): string {
  return `O.${Buffer.from(`${oid}.${tid}`).toString('base64url')}`
}
