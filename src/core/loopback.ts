import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether an address of a socket is this machine itself. IPv4 in IPv6 (`::ffff:127.0.0.1`) counts. */
export function isLoopbackAddress (address: string | undefined): boolean {
  if (address === undefined) return false
  const family = isIP(address)
  return family !== 0 && loopback.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** Whether the host of a URL can only be this machine: `localhost`, 127.0.0.0/8 or `[::1]`. */
export function isLoopbackHost (host: string): boolean {
  return host === 'localhost' || isLoopbackAddress(host.replace(/^\[(.*)\]$/, '$1'))
}
