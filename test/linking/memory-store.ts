import { isSimulatedAuthority } from '../../src/core/authority.ts'
import type { AccountStore, AccountTransaction } from '../../src/linking/store.ts'
import type { Identifier, Invitation, LinkedIdentity, Proof, User } from '../../src/linking/types.ts'

interface Rows { users: User[], identities: LinkedIdentity[], identifiers: Identifier[], proofs: Proof[], invitations: Invitation[] }

/** An account table as an application may bring it: arrays, one transaction after the other. */
export function memoryStore (): AccountStore {
  let rows: Rows = { users: [], identities: [], identifiers: [], proofs: [], invitations: [] }
  let last: Promise<unknown> = Promise.resolve()
  return {
    transaction: async (work) => {
      const result = last.then(async () => {
        const copy = structuredClone(rows)
        const outcome = await work(operations(copy))
        rows = copy
        return outcome
      })
      last = result.catch(() => {})
      return await result
    }
  }
}

function operations (rows: Rows): AccountTransaction {
  const remove = <Name extends keyof Rows>(name: Name, isOut: (row: Rows[Name][number]) => boolean): Array<Rows[Name][number]> => {
    const all = rows[name] as Array<Rows[Name][number]>
    const out = all.filter(isOut)
    rows[name] = all.filter((row) => !isOut(row)) as Rows[Name]
    return out
  }
  const isOf = (userId: string, canonical?: string) => (row: { userId: string, canonical: string }) =>
    row.userId === userId && (canonical === undefined || row.canonical === canonical)
  return {
    findUser: async (userId) => rows.users.find(({ id }) => id === userId) ?? null,
    insertUser: async (user) => { rows.users.push(user) },
    updateUser: async (user) => { rows.users = rows.users.map((known) => known.id === user.id ? user : known) },
    deleteUser: async (userId) => {
      for (const name of ['identities', 'identifiers', 'proofs', 'invitations'] as const) remove(name, (row) => row.userId === userId)
      return remove('users', ({ id }) => id === userId).length > 0
    },
    findIdentity: async (tid, oid) => rows.identities.find((row) => row.tid === tid && row.oid === oid) ?? null,
    identitiesOf: async (userId) => rows.identities.filter((row) => row.userId === userId),
    insertIdentity: async (identity) => { rows.identities.push(identity) },
    updateIdentity: async (identity) => {
      rows.identities = rows.identities.map((known) => known.tid === identity.tid && known.oid === identity.oid ? identity : known)
    },
    deleteIdentity: async (tid, oid) => remove('identities', (row) => row.tid === tid && row.oid === oid).length > 0,
    hasIdentities: async (simulated) => rows.identities.some(({ authority }) => isSimulatedAuthority(authority) === simulated),
    findHolder: async (canonical) => rows.identifiers.find((row) => row.verified && row.canonical === canonical)?.userId ?? null,
    identifiersOf: async (userId) => rows.identifiers.filter((row) => row.userId === userId),
    putIdentifier: async (identifier) => {
      const [known] = remove('identifiers', isOf(identifier.userId, identifier.canonical))
      rows.identifiers.push({ ...identifier, createdAt: known?.createdAt ?? identifier.createdAt })
    },
    deleteIdentifier: async (userId, canonical) => remove('identifiers', isOf(userId, canonical)).length > 0,
    deleteUnverified: async (canonical, exceptUserId) =>
      remove('identifiers', (row) => !row.verified && row.canonical === canonical && row.userId !== exceptUserId) as Identifier[],
    proofsOf: async (userId, canonical) => rows.proofs.filter(isOf(userId, canonical)),
    insertProof: async (proof) => {
      if (proof.kind === 'mailbox_control') remove('proofs', (row) => isOf(proof.userId, proof.canonical)(row as Proof) && (row as Proof).tid === proof.tid && (row as Proof).oid === proof.oid)
      if (!rows.proofs.some((row) => isOf(proof.userId, proof.canonical)(row) && row.tid === proof.tid && row.oid === proof.oid)) rows.proofs.push(proof)
    },
    deleteProofs: async (userId, canonical) => remove('proofs', isOf(userId, canonical)).length > 0,
    findInvitation: async (canonical) => rows.invitations.find((row) => row.canonical === canonical) ?? null,
    invitationsOf: async (userId) => rows.invitations.filter((row) => row.userId === userId),
    insertInvitation: async (invitation) => { rows.invitations.push(invitation) },
    deleteInvitations: async (userId) => { remove('invitations', (row) => row.userId === userId) }
  }
}
