import type { Groups } from './types.ts'

/** Characters of an id: object ids have 36, names from an own directory ('CONTOSO\\Sales') more. */
const longest = 256

/**
 * The groups of a person (Microsoft, 'ID token claims reference', 'Groups overage claim').
 *
 * Of somebody who is in more than 200 Microsoft sends none, and says instead
 * where to ask. That is no "in no group", and whatever cannot be read is not either.
 */
export function groupsOf (claims: Readonly<Record<string, unknown>>): Groups {
  const { groups } = own(claims)
  if (hasOverage(claims) || (groups !== undefined && !Array.isArray(groups))) return reading([], true)
  const ids = (groups ?? []).filter((id: unknown) => typeof id === 'string' && id !== '' && id.length <= longest)
  return reading([...new Set<string>(ids)], false)
}

/** The list is elsewhere (a distributed claim of OpenID Connect Core section 5.6.2), or only said to be (`hasgroups`). */
function hasOverage (claims: Readonly<Record<string, unknown>>): boolean {
  const { _claim_names: names, hasgroups } = own(claims)
  const isElsewhere = typeof names === 'object' && names !== null && Object.hasOwn(names, 'groups')
  // "If present, always true": only a plain denial is none.
  return isElsewhere || (hasgroups !== undefined && hasgroups !== false)
}

function own (claims: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> & { groups?: unknown } {
  const names = ['groups', '_claim_names', 'hasgroups'].filter((name) => Object.hasOwn(claims, name))
  return Object.fromEntries(names.map((name) => [name, claims[name]]))
}

function reading (ids: string[], overage: boolean): Groups {
  return Object.freeze({ ids: Object.freeze(ids), overage })
}
