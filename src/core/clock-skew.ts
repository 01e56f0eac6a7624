/** What Microsoft's clock and ours may differ by, in milliseconds: times in its tokens hold within it (RFC 7519 section 4.1.4). */
export const clockSkew = 60_000
