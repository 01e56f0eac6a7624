/** The application's registration at the Microsoft of the benchmarks. */
export const clientId = '11111111-2222-4333-8444-555555555555'
export const clientSecret = 'benchmark~secret'
/** The one tenant of the benchmarks. */
export const tenantId = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'

/** What a code of the benchmarks' Microsoft says: who signs in, and what the authorization request had. */
export interface Code {
  readonly person: number
  readonly nonce: string | null
  readonly challenge: string | null
}

/** Somebody of the tenant. */
export interface BenchPerson {
  readonly oid: string
  readonly sub: string
  readonly sid: string
  readonly name: string
  readonly email: string
}

/** The person of a number, the same in every process. */
export function personOf (number: number): BenchPerson {
  const digits = number.toString(16).padStart(12, '0')
  return {
    oid: `00000000-0000-4000-8001-${digits}`,
    sub: `subject-${digits}-of-forty-three-characters-in-all`,
    sid: `00000000-0000-4000-8002-${digits}`,
    name: `Person ${number}`,
    email: `person-${number}@benchmark.example`
  }
}
