import { type Authority, authorityKindOf, authorityOf, publicCloud } from '../core/authority.ts'
import { ConfigurationError } from '../core/errors.ts'
import { isGuid } from '../core/guid.ts'
import { personalTenant } from '../core/personal-tenant.ts'
import type { Resolved } from '../core/options.ts'
import type { ProviderOptions } from './options.ts'

/** The options that say whom to ask, and for whose accounts. */
export type AuthorityOptions = Pick<Resolved<ProviderOptions>, 'authority' | 'issuer' | 'tenant'>

// Microsoft's instance discovery: other names of the same clouds, whose tokens name the first one as their issuer.
const aliases: ReadonlyMap<string, string> = new Map([
  ['login.windows.net', 'login.microsoftonline.com'],
  ['login.microsoft.com', 'login.microsoftonline.com'],
  ['sts.windows.net', 'login.microsoftonline.com'],
  ['login.usgovcloudapi.net', 'login.microsoftonline.us'],
  ['login.chinacloudapi.cn', 'login.partner.microsoftonline.cn']
])

/**
 * Whom to ask, where `authority`, `issuer` and `tenant` fit together.
 *
 * @throws ConfigurationError
 */
export function chooseAuthority (options: AuthorityOptions): Authority {
  const { authority = publicCloud, issuer } = options
  const tenant = options.tenant!.toLowerCase()
  refuseOtherNames(authority)
  const kind = authorityKindOf(authority)
  if (kind === 'external_id' && !isGuid(tenant)) {
    throw wrong(`option "authority" is ${JSON.stringify(authority)}, an external tenant, and "tenant" is ${JSON.stringify(tenant)}. Give the tenant's GUID (portal: Tenant ID): the issuer of its tokens follows from it.`)
  }
  if (kind === 'national' && (tenant === 'consumers' || tenant === personalTenant)) {
    throw wrong(`option "tenant" is ${JSON.stringify(tenant)}, and "authority" is ${JSON.stringify(authority)}: personal accounts are in the public cloud only. Choose another "tenant", or leave "authority" out.`)
  }
  if (issuer !== undefined) checkIssuer(issuer, authority, tenant)
  return authorityOf(authority, issuer)
}

/** Their tokens would be refused one by one, for an issuer that is not theirs. */
function refuseOtherNames (authority: string): void {
  const { host } = new URL(authority)
  const name = aliases.get(host)
  if (name !== undefined) {
    throw wrong(`option "authority" is ${JSON.stringify(authority)}, another name of ${name}. Give "https://${name}": that is what tokens name as their issuer.`)
  }
  if (host.endsWith('.b2clogin.com')) {
    throw wrong(`option "authority" is ${JSON.stringify(authority)}, Azure AD B2C, which is not supported. Its successor External ID is ("https://….ciamlogin.com").`)
  }
}

/** Where the issuer does not follow from the authority, it is fixed: one tenant, named in it. */
function checkIssuer (issuer: string, authority: string, tenant: string): void {
  if (authorityKindOf(authority) !== 'other') {
    throw wrong(`option "issuer" was given with "authority": ${JSON.stringify(authority)}, whose issuer follows from the tenant. Leave "issuer" out: it is for custom domains of External ID.`)
  }
  if (!isGuid(tenant) || !issuer.endsWith(`/${tenant}/v2.0`)) {
    throw wrong(`option "issuer" is ${JSON.stringify(issuer)}, and "tenant" is ${JSON.stringify(tenant)}. Give the GUID of the one tenant that "issuer" names as option "tenant".`)
  }
}

function wrong (message: string): Error {
  return new ConfigurationError(`fastify-entra/provider: ${message}`)
}
