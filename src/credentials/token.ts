/** 16 KiB: more than any server takes for a header. */
export const longestToken = 16_384

/** Whether a text has the form of a JWT (RFC 7519 section 3): three parts in base64url. What it says is Microsoft's to judge. */
export function isToken (value: unknown): value is string {
  return typeof value === 'string' && value.length <= longestToken && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value)
}
