import { isIP } from 'node:net'
import { ConfigurationError } from '../core/errors.ts'

/**
 * The origins of an application's own front ends, checked against the origin of the server. Cookies are SameSite=Lax, so
 * that browsers send them along from pages of the same site alone: same scheme ("schemeful same-site"), same registrable
 * domain; the port does not matter (RFC 6265bis section 5.2). What can be known to be another site is refused at boot, since
 * nobody would ever be signed in there. Which domains are registrable is a list that changes, and is not kept here.
 *
 * @param origins - Option `allowedOrigins`.
 * @param own - Option `baseUrl`.
 * @throws ConfigurationError
 */
export function checkAllowedOrigins (origins: readonly string[], own: string): readonly string[] {
  for (const origin of origins) {
    if (isOtherSite(new URL(origin), new URL(own))) {
      throw new ConfigurationError(`fastify-entra/provider: option "allowedOrigins" names ${JSON.stringify(origin)}, another site than that of "baseUrl" (${JSON.stringify(own)}): browsers would send no cookie from there, and nobody would be signed in. Serve the front end below the same domain and with the same scheme, as https://app.example.com and https://api.example.com are, or let it reach this server through a proxy of its own.`)
    }
  }
  return Object.freeze([...new Set(origins)])
}

/** Whether two URLs belong to different sites for certain: a registrable domain has two labels at least, an address and `localhost` have none. */
function isOtherSite (one: URL, other: URL): boolean {
  if (one.protocol !== other.protocol) return true
  return one.hostname !== other.hostname && (hasNoDomain(one) || domainOf(one) !== domainOf(other))
}

function hasNoDomain ({ hostname }: URL): boolean {
  return isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0 || !hostname.includes('.')
}

function domainOf ({ hostname }: URL): string {
  return hostname.split('.').slice(-2).join('.')
}
