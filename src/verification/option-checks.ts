import { isGuid } from '../core/guid.ts'
import { is } from '../core/options.ts'
import { personalTenant } from '../core/personal-tenant.ts'
import { canonicalDomain } from './domain.ts'

/** A list with something in it. */
export function isFilledList (value: unknown, check: (value: unknown) => boolean): boolean {
  return is.listOf(check)(value) && (value as unknown[]).length > 0
}

/** A domain that an address can have. */
export function isDomain (value: unknown): boolean {
  return typeof value === 'string' && canonicalDomain(value).domain !== null
}

/** An object with a filled list for each of some organisations, by GUID. Everybody is in the tenant of personal accounts: it is none. */
export function isByTenant (value: unknown, check: (value: unknown) => boolean): boolean {
  // Plain objects only: the entries of a Map would be ignored.
  if (!is.object(value) || Object.getPrototypeOf(value) !== Object.prototype) return false
  const tids = Object.keys(value as object)
  return tids.every((tid) => isGuid(tid) && tid.toLowerCase() !== personalTenant) &&
    new Set(tids.map((tid) => tid.toLowerCase())).size === tids.length &&
    Object.values(value as object).every((list) => isFilledList(list, check))
}

/** The same, frozen, by lower-case GUID. */
export function byTenant (given: Readonly<Record<string, readonly string[]>>, canonical: (member: string) => string): Readonly<Record<string, readonly string[]>> {
  const entries = Object.entries(given).map(([tid, list]) => [tid.toLowerCase(), Object.freeze(list.map(canonical))] as const)
  return Object.freeze(Object.fromEntries(entries))
}
