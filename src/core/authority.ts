import { isGuid } from './guid.ts'
import { isLoopbackHost } from './loopback.ts'

/** Who answers as Microsoft: where its endpoints are, which cloud it is, and what its tokens name as their issuer. */
export interface Authority {
  /** What every endpoint starts with, no slash at the end: `https://login.microsoftonline.com`. */
  readonly base: string
  /**
   * What the tokens of a tenant name as their issuer, with `{tenantid}` in the
   * place of its GUID. One that has no such place is of one tenant only.
   */
  readonly issuer: string
  /**
   * What a signing key's `cloud_instance_name` must be, where the key has one
   * (IdentityModel's IDX40012); `null` where the cloud is unknown, so that no such key fits.
   */
  readonly cloudInstance: string | null
  /** Where Microsoft Graph of this cloud is, no slash at the end; `null` where that is unknown. */
  readonly graph: string | null
}

/** Microsoft's public cloud: the default. */
export const publicCloud = 'https://login.microsoftonline.com'

type Cloud = Readonly<Pick<Authority, 'cloudInstance' | 'graph'>>

const global: Cloud = { cloudInstance: 'microsoftonline.com', graph: 'https://graph.microsoft.com' }
const unknown: Cloud = { cloudInstance: null, graph: null }

// Microsoft, 'National clouds' and 'Microsoft Graph national cloud deployments'; instance names from the clouds' discovery documents.
const clouds: ReadonlyMap<string, Cloud> = new Map([
  ['login.microsoftonline.com', global],
  ['login.microsoftonline.us', { cloudInstance: 'microsoftonline.us', graph: 'https://graph.microsoft.us' }],
  ['login.partner.microsoftonline.cn', { cloudInstance: 'partner.microsoftonline.cn', graph: 'https://microsoftgraph.chinacloudapi.cn' }]
])

/** What kind of authority a host is. Exact hosts only: `login.microsoftonline.com.evil.example` is none of Microsoft's. */
export type AuthorityKind =
  /** The public cloud. */
  | 'public'
  /** Another of Microsoft's clouds. Personal accounts are in the public one alone. */
  | 'national'
  /** External ID: a directory of customers, of one tenant. */
  | 'external_id'
  /** This machine: a simulator. */
  | 'loopback'
  /** Anything else: a custom domain of External ID, for one. */
  | 'other'

/** The kind of the authority whose endpoints start with `base`. */
export function authorityKindOf (base: string): AuthorityKind {
  const { host, hostname } = new URL(base)
  if (isLoopbackHost(hostname)) return 'loopback'
  if (host === 'login.microsoftonline.com') return 'public'
  if (clouds.has(host)) return 'national'
  return host.endsWith('.ciamlogin.com') ? 'external_id' : 'other'
}

/**
 * The authority whose endpoints start with `base`, an absolute URL without a slash at its end.
 *
 * @param issuer - The one issuer of its tokens, where it does not follow from `base`: a custom domain of External ID.
 */
export function authorityOf (base: string, issuer?: string): Authority {
  const kind = authorityKindOf(base)
  // Only External ID has issuers that do not follow from the address.
  const cloud = issuer === undefined ? cloudOf(base, kind) : global
  return Object.freeze({ base, issuer: issuer ?? issuerTemplateOf(base, kind), ...cloud })
}

function cloudOf (base: string, kind: AuthorityKind): Cloud {
  // It stands in for the public cloud, whose Graph knows nothing of its tokens: it has one of its own.
  if (kind === 'loopback') return { ...global, graph: `${base}/graph` }
  // External ID is part of the public cloud.
  if (kind === 'external_id') return global
  return clouds.get(new URL(base).host) ?? unknown
}

/** The subdomain of External ID is a name for people; its tokens have the GUID there (Microsoft, 'Security tokens', external tenants). */
function issuerTemplateOf (base: string, kind: AuthorityKind): string {
  return kind === 'external_id' ? 'https://{tenantid}.ciamlogin.com/{tenantid}/v2.0' : `${base}/{tenantid}/v2.0`
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
export function endpointsOf (authority: Pick<Authority, 'base'>, tenant: string): Endpoints {
  const base = `${authority.base}/${tenant}`
  return {
    authorize: `${base}/oauth2/v2.0/authorize`,
    token: `${base}/oauth2/v2.0/token`,
    logout: `${base}/oauth2/v2.0/logout`,
    keys: `${base}/discovery/v2.0/keys`,
    configuration: `${base}/v2.0/.well-known/openid-configuration`
  }
}

/** The one issuer that tokens of a tenant have: `{authority}/{tid}/v2.0`, or what External ID has in its place. */
export function issuerOf ({ issuer }: Pick<Authority, 'issuer'>, tid: string): string {
  return fillTenant(issuer, tid)
}

/** Puts a tenant's id into a template of Microsoft's: each `{tenantid}` in it. */
export function fillTenant (template: string, tid: string): string {
  // A function: a text would have its `$` read as patterns.
  return template.replaceAll('{tenantid}', () => tid)
}

/** The tenant whose issuer this is at an authority, character by character and in lower case; `null` where it is none of it. */
export function tenantOfIssuer (authority: Pick<Authority, 'issuer'>, issuer: unknown): string | null {
  const tid = typeof issuer === 'string' ? issuer.split('/').at(-2) : undefined
  return isGuid(tid) && issuer === issuerOf(authority, tid) ? tid.toLowerCase() : null
}
