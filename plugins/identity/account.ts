import type { KoaContextWithOIDC } from 'oidc-provider'
import { claimsOf, type PersonClaims } from '../../src/identity/claims.ts'
import { evidenceScores } from '../../src/verification/evidence.ts'
import type { SignIn } from '../sign-in.ts'
import type { Parts } from './parts.ts'

/** What oidc-provider calls an account. */
interface FoundAccount {
  readonly accountId: string
  readonly claims: () => Promise<PersonClaims & Record<string, unknown>>
}

/**
 * Finds the user of a session or token: asked at each authorization, each code, each refresh and each look at
 * userinfo, so that whoever is disabled or gone gets nothing any more (abuse case P12).
 */
export function accountFinder ({ signIn, oidc }: Parts) {
  return async function findAccount (ctx: KoaContextWithOIDC, userId: string): Promise<FoundAccount | undefined> {
    const user = await signIn.accounts!.find(userId)
    if (user === null || user.disabledAt !== null) {
      // Where a browser waits, nobody would look at an account that is not there.
      if (/^(?:authorization|resume)$/.test(ctx.oidc.route)) throw new oidc.errors.AccessDenied('account is not available')
      return undefined
    }
    return { accountId: user.id, claims: async () => ({ ...await readClaims(signIn, user.id) }) }
  }
}

async function readClaims ({ accounts, emailThreshold }: SignIn, userId: string): Promise<PersonClaims> {
  const user = (await accounts!.find(userId))!
  const identities = await accounts!.identities(userId)
  const identifiers = await accounts!.emails(userId)
  const held = new Set<string>()
  for (const { email: { address, canonical } } of identities) {
    const holder = address === null ? null : await accounts!.findByEmail(address)
    if (holder !== null && holder.id !== userId) held.add(canonical!)
  }
  return claimsOf({ user, identities, identifiers, threshold: emailThreshold!, scores: evidenceScores, isHeldByAnother: (canonical) => held.has(canonical) })
}
