import type { StoredKey } from './types.ts'

/**
 * How long new keys are published before they sign unless a rotation says otherwise, in milliseconds: an hour. Servers
 * read the list once a minute, and clients are known to keep a set for as long as that.
 */
export const publishedAhead = 3_600_000

/**
 * How long a key stays published after it signed last, in milliseconds: 30 days. No option, since servers and
 * the command line must agree: longer than any ID token is good for, which
 * is a hint at a sign-out for as long as its session lives.
 */
export const publishedAfter: number = 30 * 86_400_000

/** What a key does: is published and will sign, signs, is published since what it signed is still taken, or is done. */
export type KeyState = 'next' | 'signing' | 'published' | 'over'

/**
 * What a key does now. Of each algorithm one signs: of the newest generation that has begun to.
 *
 * @param keys - All keys of the project.
 */
export function stateOf (key: StoredKey, keys: readonly StoredKey[], now: number): KeyState {
  const peers = keys.filter(({ algorithm }) => algorithm === key.algorithm)
  const signer = signerOf(peers, now)
  if (key.generation > signer) return 'next'
  if (key.generation === signer) return 'signing'
  return now < relievedAt(key, peers) + publishedAfter ? 'published' : 'over'
}

/** When the list may change next by itself: a key begins to sign, or is over. `null` for never. */
export function nextChange (keys: readonly StoredKey[], now: number): number | null {
  const ahead = keys.flatMap(({ signsAt }) => [signsAt, signsAt + publishedAfter]).filter((moment) => moment > now)
  return ahead.length === 0 ? null : Math.min(...ahead)
}

/** The generation that signs. The oldest does whatever its time says: a clock that was set back must not leave a project without a key. */
function signerOf (peers: readonly StoredKey[], now: number): number {
  const begun = peers.filter(({ signsAt }) => signsAt <= now).map(({ generation }) => generation)
  return begun.length > 0 ? Math.max(...begun) : Math.min(...peers.map(({ generation }) => generation))
}

/** When the first one that came after it began to sign. */
function relievedAt (key: StoredKey, peers: readonly StoredKey[]): number {
  return Math.min(...peers.filter(({ generation }) => generation > key.generation).map(({ signsAt }) => signsAt))
}
