import type { Authority } from '../core/authority.ts'
import { isLoopbackHost } from '../core/loopback.ts'

// Microsoft, 'National cloud deployments'.
const graphs: ReadonlyMap<string, string> = new Map([
  ['login.microsoftonline.com', 'https://graph.microsoft.com'],
  ['login.microsoftonline.us', 'https://graph.microsoft.us'],
  ['login.partner.microsoftonline.cn', 'https://microsoftgraph.chinacloudapi.cn']
])

/** Where Microsoft Graph of an authority's cloud is, no slash at the end; `null` where that is not known. A simulator has one of its own. */
export function graphOf ({ base }: Pick<Authority, 'base'>): string | null {
  const { hostname } = new URL(base)
  return isLoopbackHost(hostname) ? `${base}/graph` : graphs.get(hostname) ?? null
}
