import { refuse } from '../core/errors.ts'
import { type AccountsParts, readAddress, requireUser } from './account-input.ts'
import type { AccountTransaction } from './store.ts'
import { takeAddress } from './take-address.ts'
import type { Identifier, Provenance } from './types.ts'

/** The addresses of users. */
export interface AccountEmails {
  /** Adds an address that nobody has proven yet. One that the user has already stays as it is. */
  addEmail: (userId: string, email: string) => Promise<Identifier>
  /**
   * The application vouches that the address is the user's; adds it where it
   * is missing. Others who had it unverified lose it.
   *
   * @throws email_in_use where another user holds it.
   */
  verifyEmail: (userId: string, email: string) => Promise<Identifier>
  /** Takes an address from a user. Who proved it is remembered, so that the next sign-in does not bring it back. */
  removeEmail: (userId: string, email: string) => Promise<void>
  /**
   * Takes an address from a user, and forgets who proved it: the way out where
   * a company gave the address to somebody else (row D2), for an administrator.
   */
  releaseEmail: (userId: string, email: string) => Promise<void>
}

/** Makes the part of `accounts` that is about addresses. */
export function createAccountEmails ({ store, environment, canonicalAddress, report }: AccountsParts): AccountEmails {
  return {
    addEmail: async (userId, email) => {
      const { address, canonical } = readAddress(email, canonicalAddress)
      const { identifier, isNew } = await store.transaction(async (accounts) => {
        await requireUser(userId, accounts)
        const known = await findIdentifier(userId, canonical, accounts)
        if (known !== null) return { identifier: known, isNew: false }
        await accounts.putIdentifier({ userId, address, canonical, verified: false, provenance: null, createdAt: environment.now() })
        return { identifier: (await findIdentifier(userId, canonical, accounts))!, isNew: true }
      })
      if (isNew) await report({ type: 'identifier_added', userId, address: canonical, reason: 'unverified' })
      return identifier
    },

    verifyEmail: async (userId, email) => {
      const { address, canonical } = readAddress(email, canonicalAddress)
      const { identifier, losers, isNew } = await store.transaction(async (accounts) => {
        await requireUser(userId, accounts)
        const holder = await accounts.findHolder(canonical)
        if (holder !== null && holder !== userId) throw refuse('email_in_use', 'verified_address_is_held')
        const known = holder === null ? null : await findIdentifier(userId, canonical, accounts)
        if (known?.provenance?.kind === 'application') return { identifier: known, losers: [], isNew: false }
        const provenance: Provenance = { tid: null, oid: null, kind: 'application', at: environment.now() }
        // Also where an identity had proven it: it no longer goes when that identity does.
        const losers = await takeAddress({ userId, address: known?.address ?? address, canonical, provenance }, accounts)
        return { identifier: (await findIdentifier(userId, canonical, accounts))!, losers, isNew: holder === null }
      })
      const reclaimed = losers.map((loser) => ({ type: 'identifier_reclaimed' as const, userId: loser.userId, address: canonical }))
      if (isNew) await report({ type: 'identifier_added', userId, address: canonical, reason: 'application' }, ...reclaimed)
      return identifier
    },

    removeEmail: async (userId, email) => {
      const { canonical } = readAddress(email, canonicalAddress)
      const wasThere = await store.transaction((accounts) => accounts.deleteIdentifier(userId, canonical))
      if (!wasThere) throw unknownAddress()
      await report({ type: 'identifier_removed', userId, address: canonical })
    },

    releaseEmail: async (userId, email) => {
      const { canonical } = readAddress(email, canonicalAddress)
      await store.transaction(async (accounts) => {
        const wasThere = await accounts.deleteIdentifier(userId, canonical)
        const wasProven = await accounts.deleteProofs(userId, canonical)
        if (!wasThere && !wasProven) throw unknownAddress()
      })
      await report({ type: 'identifier_released', userId, address: canonical })
    }
  }
}

async function findIdentifier (
  userId: string, canonical: string, accounts: AccountTransaction
): Promise<Identifier | null> {
  const identifiers = await accounts.identifiersOf(userId)
  return identifiers.find((identifier) => identifier.canonical === canonical) ?? null
}

function unknownAddress (): Error {
  return refuse('invalid_request', 'unknown_address')
}
