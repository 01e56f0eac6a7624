import type Provider from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Wish } from '../../src/identity/consent.ts'
import type { Parts } from './parts.ts'

/**
 * The grant of this person, this app and this session. What may be in it is remembered elsewhere: a grant ends with its
 * session and takes all its codes and tokens along, and what a person has let an app have outlives it.
 */
export function grantLoader ({ consents, project, findClient }: Parts) {
  return async function loadExistingGrant (ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
    const { provider, session, client, account, requestParamOIDCScopes, requestParamClaims } = ctx.oidc
    const { clientId } = client!
    const { accountId } = account!
    const wish = { scopes: [...requestParamOIDCScopes], claims: [...requestParamClaims] }
    const record = await findClient(clientId)
    const allowed: Wish | null = record?.firstParty === true ? wish : await consents.find(project.name, accountId, clientId)
    if (allowed === null) return undefined

    const known = session!.grantIdFor(clientId)
    const found = known === undefined ? undefined : await provider.Grant.find(known)
    const grant = found ?? new provider.Grant({ accountId, clientId })
    const isMore = add(grant, { scopes: wish.scopes.filter((name) => allowed.scopes.includes(name)), claims: wish.claims.filter((name) => allowed.claims.includes(name)) })
    if (found === undefined || isMore) await grant.save()
    return grant
  }
}

type Grant = InstanceType<Provider['Grant']>

/** Adds what the grant has not, and says whether that was anything. */
function add (grant: Grant, { scopes, claims }: Wish): boolean {
  const before = new Set([...grant.getOIDCScope().split(' '), ...grant.getOIDCClaims()])
  if (scopes.length > 0) grant.addOIDCScope(scopes.join(' '))
  if (claims.length > 0) grant.addOIDCClaims([...claims])
  return [...scopes, ...claims].some((name) => !before.has(name))
}
