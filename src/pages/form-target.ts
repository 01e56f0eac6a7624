/**
 * How a content security policy's `form-action` names where a form may lead to. An address of IPv6 has no place in its
 * grammar (CSP 3 section 2.3.1), and neither has what lies below a scheme of an app's own: there the scheme stands for all.
 *
 * @param url - Absolute.
 */
export function formTargetOf (url: string): string {
  const { protocol, origin, hostname } = new URL(url)
  const isWeb = protocol === 'https:' || protocol === 'http:'
  return isWeb && !hostname.startsWith('[') ? origin : protocol
}
