import { apiOf, apiScopes, normalScope } from '../core/scopes.ts'
import { Fault } from './errors.ts'

const openIdScopes = ['openid', 'profile', 'email', 'offline_access']

/**
 * Reads a scope parameter. Scopes of an API are taken as they come, where
 * they look like one (`User.Read`, `https://graph.microsoft.com/.default`, `api://…`).
 *
 * @throws Fault 70011 where one looks like nothing that Microsoft has.
 */
export function readScopes (text: string): string[] {
  const scopes = [...new Set(text.split(' ').filter((scope) => scope !== ''))]
  const wrong = scopes.find((scope) => !openIdScopes.includes(scope) && !/[.:]/.test(scope))
  if (wrong !== undefined) throw new Fault(70011, `It is '${wrong}'.`)
  return scopes
}

/**
 * The scopes of a token response: those that are asked for at the token
 * endpoint, else those of the grant. A token is for one API.
 *
 * @param consented - What the person has agreed to, as {@link normalScope} spells it.
 * @throws Fault 28000, 28003, 65001 or 70011.
 */
export function scopesOfToken (text: string | undefined, granted: readonly string[], consented: ReadonlySet<string>): string[] {
  const scopes = text === undefined ? [...granted] : readScopes(text)
  const own = apiScopes(scopes)
  if (new Set(own.map(apiOf)).size > 1) throw new Fault(text === undefined ? 28003 : 28000)
  return scopes.flatMap((scope) => own.includes(scope) ? consentedScopes(scope, consented) : [scope])
}

/** `.default` stands for all that was consented to of its API. */
function consentedScopes (scope: string, consented: ReadonlySet<string>): string[] {
  const normal = normalScope(scope)
  const isDefault = normal === '.default' || normal.endsWith('/.default')
  const known = isDefault ? apiScopes([...consented]).filter((one) => apiOf(one) === apiOf(normal)) : [...consented].filter((one) => one === normal)
  if (known.length === 0) throw new Fault(65001, `It is '${scope}'.`)
  return isDefault ? known : [scope]
}
