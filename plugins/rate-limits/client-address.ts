import { isIPv4, isIPv6 } from 'node:net'

/**
 * Who a request counts for: an IPv4 address, or the network of an IPv6 one.
 * A household has a /64 and takes any address of it, so those are one
 * client; IPv4 in IPv6 is IPv4 (abuse cases D25, L41). What is no
 * address counts for one client together: whoever can make up text must
 * not make up clients.
 *
 * @param ip - As Fastify gives it: read from a header only where `trustProxy`
 * says so. Some proxies (Azure Application Gateway) put the port behind it.
 */
export function clientOf (ip: string | undefined): string {
  const address = withoutPort(ip ?? '')
  if (isIPv4(address)) return address
  return isIPv6(address) ? networkOf(canonical(address)) : 'unknown'
}

function withoutPort (text: string): string {
  return /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
}

/** The one way in which an address is written (RFC 5952), without its zone. */
function canonical (address: string): string {
  return new URL(`http://[${address.split('%', 1)[0]!}]`).hostname.slice(1, -1)
}

function networkOf (address: string): string {
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(address)
  if (mapped !== null) return [mapped[1]!, mapped[2]!].flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]).join('.')
  const [left, right] = address.split('::').map((part) => part === '' ? [] : part.split(':'))
  const zeros = right === undefined ? [] : Array<string>(8 - left!.length - right.length).fill('0')
  return `${[...left!, ...zeros, ...right ?? []].slice(0, 4).join(':')}::/64`
}
