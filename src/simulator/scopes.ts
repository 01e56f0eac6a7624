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
