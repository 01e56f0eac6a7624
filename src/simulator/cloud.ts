import { type Authority, authorityKindOf } from '../core/authority.ts'
import type { Directory } from './directory.ts'
import { consumersTenantId } from './tenants.ts'

/** Hosts that a discovery document names beside the endpoints. */
export interface CloudHosts {
  readonly directoryGraph: string
  readonly graph: string
  readonly access: string
}

const global: CloudHosts = { directoryGraph: 'graph.windows.net', graph: 'graph.microsoft.com', access: 'https://pas.windows.net' }
const national: ReadonlyMap<string | null, CloudHosts> = new Map([
  ['microsoftonline.us', { directoryGraph: 'graph.microsoftazure.us', graph: 'graph.microsoft.us', access: 'https://pasff.usgovcloudapi.net' }],
  ['partner.microsoftonline.cn', { directoryGraph: 'graph.chinacloudapi.cn', graph: 'microsoftgraph.chinacloudapi.cn', access: 'https://pas.chinacloudapi.cn' }]
])

/** The hosts of an authority's cloud. */
export function hostsOf ({ cloudInstance }: Pick<Authority, 'cloudInstance'>): CloudHosts {
  return national.get(cloudInstance) ?? global
}

/**
 * A directory as an authority knows it: personal accounts are in the public
 * cloud alone, and External ID has tenants by their names and none for everybody.
 */
export function directoryAt ({ base }: Pick<Authority, 'base'>, directory: Directory): Directory {
  const kind = authorityKindOf(base)
  if (kind === 'public' || kind === 'loopback') return directory
  const words = kind === 'national' ? ['consumers'] : ['common', 'organizations', 'consumers']
  return {
    ...directory,
    findTenant: (segment) => {
      const found = words.includes(segment.toLowerCase()) ? null : directory.findTenant(segment)
      return found?.id === consumersTenantId ? null : found
    },
    findAccount: (key) => {
      const account = directory.findAccount(key)
      return account?.tid === consumersTenantId ? null : account
    },
    accounts: () => directory.accounts().filter(({ tid }) => tid !== consumersTenantId)
  }
}
