import { BoundedMap } from '../core/bounded-map.ts'
import { type Environment, randomToken } from '../core/environment.ts'
import { randomGuid } from '../core/guid.ts'

/** An account that is signed in at a browser. */
export interface SignedIn {
  /** Key of the account. */
  readonly account: string
  /** Names this sign-in: the `sid` claim. */
  readonly sid: string
  /** When the person showed who they are, in milliseconds since 1970: the `auth_time` claim. */
  readonly since: number
  /** Client ids of the applications that were signed in to by it. */
  readonly applications: ReadonlySet<string>
}

/** Who is signed in at which browser: what single sign-on goes by. Kept in memory. */
export interface SsoSessions {
  /** The accounts that are signed in at the browser that sent a `Cookie` header, oldest first. */
  signedInAt: (cookieHeader: string | undefined) => readonly SignedIn[]
  /**
   * Signs an account in at a browser, and to an application.
   *
   * @param who - `clientId` is `null` where the application was not consented to.
   * @param afresh - Whether the person was asked who they are, also where they were signed in already.
   * @returns what it is now, and the `Set-Cookie` header that the browser remembers it by.
   */
  signIn: (cookieHeader: string | undefined, who: { account: string, clientId: string | null }, afresh: boolean) => { signedIn: SignedIn, setCookie: string }
  /** Signs an account out at a browser; gives what it was, or `undefined`. */
  signOut: (cookieHeader: string | undefined, account: string) => SignedIn | undefined
}

// A development server that runs for weeks drops the oldest browsers.
const browsersAtMost = 10_000

/** Nobody is signed in to begin with. */
export function createSsoSessions (base: string, environment: Pick<Environment, 'now' | 'randomBytes'>): SsoSessions {
  const { protocol, port, pathname } = new URL(base)
  const isSecure = protocol === 'https:'
  // Browsers share cookies between the ports of a host.
  const name = isSecure ? 'simulator-session' : `simulator-session-${port || '80'}`
  const attributes = `Path=${pathname}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
  const browsers = new BoundedMap<string, Map<string, SignedIn>>(browsersAtMost)
  return {
    signedInAt: (cookieHeader) => [...browserOf(cookieHeader)?.values() ?? []],
    signIn: (cookieHeader, { account, clientId }, afresh) => {
      const known = idIn(cookieHeader)
      const id = known !== undefined && browsers.has(known) ? known : newBrowser()
      const browser = browsers.get(id)!
      const before = browser.get(account)
      const signedIn: SignedIn = {
        account,
        sid: before?.sid ?? randomGuid(environment),
        since: before === undefined || afresh ? environment.now() : before.since,
        applications: new Set([...before?.applications ?? [], ...(clientId === null ? [] : [clientId])])
      }
      browser.set(account, signedIn)
      return { signedIn, setCookie: `${name}=${id}; ${attributes}` }
    },
    signOut: (cookieHeader, account) => {
      const browser = browserOf(cookieHeader)
      const signedIn = browser?.get(account)
      browser?.delete(account)
      return signedIn
    }
  }

  function newBrowser (): string {
    const id = randomToken(environment)
    browsers.set(id, new Map())
    return id
  }

  function browserOf (cookieHeader: string | undefined): Map<string, SignedIn> | undefined {
    return browsers.get(idIn(cookieHeader) ?? '')
  }

  function idIn (cookieHeader = ''): string | undefined {
    const pairs = cookieHeader.split(';').map((pair) => pair.trim().split('='))
    return pairs.find(([given]) => given === name)?.[1]
  }
}
