import { isLoopbackHost } from './loopback.ts'

/** Who answers as Microsoft: where its endpoints are and which cloud it is. */
export interface Authority {
  /** What every endpoint and issuer starts with, no slash at the end: `https://login.microsoftonline.com`. */
  readonly base: string
  /**
   * What a signing key's `cloud_instance_name` must be, where the key has one
   * (IdentityModel's IDX40012); `null` where the cloud is unknown, so that no such key fits.
   */
  readonly cloudInstance: string | null
}

/** Microsoft's public cloud: the default. */
export const publicCloud = 'https://login.microsoftonline.com'

// From the discovery documents of the clouds; a loopback authority stands in for the public one.
const cloudInstances = new Map([
  ['login.microsoftonline.com', 'microsoftonline.com'],
  ['login.microsoftonline.us', 'microsoftonline.us'],
  ['login.partner.microsoftonline.cn', 'partner.microsoftonline.cn']
])

/** The authority whose endpoints start with `base`, an absolute URL without a slash at its end. */
export function authorityOf (base: string): Authority {
  const host = new URL(base).hostname
  const cloudInstance = isLoopbackHost(host) ? 'microsoftonline.com' : cloudInstances.get(host) ?? null
  return Object.freeze({ base, cloudInstance })
}

/**
 * Whether an authority is on this machine, and so none of Microsoft's: a
 * simulator, where anybody is whoever they like.
 */
export function isSimulatedAuthority (base: string): boolean {
  return isLoopbackHost(new URL(base).hostname)
}

/** The endpoints of one tenant at an authority. They follow from its name, so that booting needs no network. */
export interface Endpoints {
  readonly authorize: string
  readonly token: string
  readonly logout: string
  readonly keys: string
  readonly configuration: string
}

/**
 * The endpoints as the discovery document gives them.
 *
 * @param tenant - A GUID, a domain name, `common`, `organizations` or `consumers`.
 */
export function endpointsOf (authority: Authority, tenant: string): Endpoints {
  const base = `${authority.base}/${tenant}`
  return {
    authorize: `${base}/oauth2/v2.0/authorize`,
    token: `${base}/oauth2/v2.0/token`,
    logout: `${base}/oauth2/v2.0/logout`,
    keys: `${base}/discovery/v2.0/keys`,
    configuration: `${base}/v2.0/.well-known/openid-configuration`
  }
}

/** The one issuer that tokens of a tenant have: `{authority}/{tid}/v2.0`. */
export function issuerOf (authority: Authority, tid: string): string {
  return `${authority.base}/${tid}/v2.0`
}
