import type { AccountOptions, TenantOptions } from '../../src/simulator/options.ts'

/** Somebody at the simulated Microsoft. */
export interface Member {
  readonly key: string
  readonly tid: string
  readonly oid: string
  readonly address: string
}

/** People of several tenants. */
export interface Population {
  readonly tenants: TenantOptions[]
  readonly accounts: AccountOptions[]
  /** Whose address the tenant vouches for. */
  readonly vouched: readonly Member[]
  /** Whose address must be proven by a code. */
  readonly unproven: readonly Member[]
  /** Who comes with the verified address of a person of `vouched`, from another tenant. */
  readonly twins: readonly Member[]
  /** Accounts that are linked by hand. */
  readonly extras: readonly Member[]
}

/** People with ids that are the same in every run. */
export function createPopulation (numbers: Readonly<Record<'vouched' | 'unproven' | 'twins' | 'extras', number>>): Population {
  const tenants = Array.from({ length: 10 }, (_, index) => ({ id: guid(0xa, index), domains: [`tenant${index}.example`] }))
  const accounts: AccountOptions[] = []
  const make = (kind: string, group: number, index: number, claims: { email?: string, xms_edov?: boolean }): Member => {
    // Twins come from the tenant after that of whose address they have.
    const tid = tenants[(index + (kind === 'twin' ? 1 : 0)) % tenants.length]!.id
    const member = { key: `${kind}-${index}`, tid, oid: guid(group, index), address: claims.email ?? '' }
    accounts.push({ key: member.key, tenant: tid, oid: member.oid, name: `Person ${kind} ${index}`, claims })
    return member
  }
  const many = (length: number, one: (index: number) => Member): Member[] => Array.from({ length }, (_, index) => one(index))
  return {
    tenants,
    accounts,
    vouched: many(numbers.vouched, (index) => make('vouched', 1, index, { email: `person${index}@tenant.example`, xms_edov: true })),
    unproven: many(numbers.unproven, (index) => make('unproven', 2, index, { email: `unproven${index}@tenant.example` })),
    twins: many(numbers.twins, (index) => make('twin', 3, index, { email: `person${index}@tenant.example`, xms_edov: true })),
    extras: many(numbers.extras, (index) => make('extra', 4, index, {}))
  }
}

function guid (group: number, index: number): string {
  return `${String(group).padStart(8, '0')}-0000-4000-8000-${String(index).padStart(12, '0')}`
}
