import type { Seal } from '../core/seal.ts'
import type { KeptAccessToken, KeptTokens, TokenOwner, TokenRow } from './types.ts'

/**
 * Seals tokens for one identity of one user. Whose they are is inside the
 * seal: a row that somebody copies onto another identity, or gives to
 * another user, does not open.
 */
export async function sealTokens (seal: Seal, { tid, oid }: TokenOwner, userId: string, tokens: KeptTokens): Promise<string> {
  return await seal.seal({ tid, oid, userId, ...tokens })
}

/** The tokens of a row; `null` where our keys did not seal them, or not for this identity and user. */
export async function openTokens (seal: Seal, { tid, oid, userId, sealed }: Pick<TokenRow, 'tid' | 'oid' | 'userId' | 'sealed'>): Promise<KeptTokens | null> {
  const opened = await seal.open(sealed) as Partial<KeptTokens & Record<'tid' | 'oid' | 'userId', string>> | null
  if (opened?.tid !== tid || opened.oid !== oid || opened.userId !== userId) return null
  const { refreshToken = null, accessTokens = [], loginHint = null } = opened
  return Object.freeze({ refreshToken, accessTokens: Object.freeze(accessTokens as KeptAccessToken[]), loginHint })
}
