/** Where everything is. */
export interface Site {
  readonly provider: string
  readonly webApp: string
  readonly singlePageApp: string
  readonly database: string
}

/** Host and port to listen at for a URL. */
export function listenAt (url: string): { host: string, port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}

/** In production a secret comes from the environment; both sides of this example are one program. */
export const webAppSecret = 'a-secret-for-the-example-of-32-characters-or-more'
