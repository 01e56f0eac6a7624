import type { Consent } from './consent.ts'

/** One project, as the application sees it: `app.identity`. Whoever calls this is trusted. */
export interface Identity {
  /** What apps are given to find all else: the discovery document is at `/.well-known/openid-configuration` below it. */
  readonly issuer: string
  readonly project: string
  /** What a user has let apps of other people have, by client id. */
  readonly consents: (userId: string) => Promise<Consent[]>
  /**
   * Takes back what a user has let an app have: its grants and tokens end, and the next time the user is asked again.
   *
   * @returns `false` where there was nothing to take back.
   */
  readonly revokeConsent: (userId: string, clientId: string) => Promise<boolean>
}
