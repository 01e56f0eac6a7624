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

/** Whom a server without people shows. */
export const nobody = { id: 'nobody', email: 'nobody@benchmark.example' }

/** Numbers up to this one have digits of their own. */
const most = 2 ** 32
const stride = 2_654_435_761

/** The person of a number, the same in every process. Ids of people who come one after the other lie far apart, as Microsoft's do. */
export function personOf (number: number): BenchPerson {
  const digits = number.toString(16).padStart(12, '0')
  const apart = (number * stride % most).toString(16).padStart(8, '0')
  return {
    oid: `${apart}-0000-4000-8001-${digits}`,
    sub: `${apart}-subject-${digits}-of-43-characters`,
    sid: `${apart}-0000-4000-8002-${digits}`,
    name: `Person ${number}`,
    email: `${apart}.person-${number}@benchmark.example`
  }
}

/**
 * The same as {@link personOf} in SQL, where `i` is the number: for filling a database.
 *
 * @param hex - The SQL of a number in so many hexadecimal digits.
 */
export function personInSql (hex: (value: string, digits: number) => string): BenchPerson & { readonly apart: string, readonly digits: string } {
  const digits = hex('i', 12)
  const apart = hex(`(i * ${stride} % ${most})`, 8)
  return {
    digits,
    apart,
    oid: `${apart} || '-0000-4000-8001-' || ${digits}`,
    sub: `${apart} || '-subject-' || ${digits} || '-of-43-characters'`,
    sid: `${apart} || '-0000-4000-8002-' || ${digits}`,
    name: "'Person ' || i",
    email: `${apart} || '.person-' || i || '@benchmark.example'`
  }
}
