import type { Seal } from '../core/seal.ts'

/*
 * The `login_hint` of a token is opaque, and holds the name of the account:
 * who reads the store shall not learn who is signed in by it.
 */

/** Seals a hint for the store. */
export async function sealLoginHint (seal: Seal, hint: string | null): Promise<string | null> {
  return hint === null ? null : await seal.seal(hint)
}

/** The hint, or `null` where there is none, or none that these keys have sealed: then Microsoft asks which account is meant. */
export async function openLoginHint (seal: Seal, sealed: string | null): Promise<string | null> {
  const hint = sealed === null ? null : await seal.open(sealed)
  return typeof hint === 'string' ? hint : null
}
