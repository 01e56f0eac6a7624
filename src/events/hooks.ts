import type { AuthEvent, AuthEventType } from '../core/events.ts'
import { TimedOut, within } from '../core/within.ts'

/** A hook of the application's. It is waited for, for a while; what it gives is not looked at. */
export type EventHook<Type extends AuthEventType = AuthEventType> = (event: AuthEvent & { readonly type: Type }) => unknown

/** The hooks of an application: each is called after the commit, and can stop nothing. */
export interface EventHooks {
  /** `user_created` by a sign-in, not by `accounts.create`. */
  onSignUp?: EventHook<'user_created'> | undefined
  /** `identity_linked` and `account_merged`. */
  onLink?: EventHook<'identity_linked' | 'account_merged'> | undefined
  /** `identity_unlinked`. */
  onUnlink?: EventHook<'identity_unlinked'> | undefined
  /** `email_changed`. */
  onEmailChange?: EventHook<'email_changed'> | undefined
  /** `refused`. */
  onRefuse?: EventHook<'refused'> | undefined
  /** `signed_out`. */
  onSignOut?: EventHook<'signed_out'> | undefined
  /** `sessions_ended`. */
  onSessionsEnd?: EventHook<'sessions_ended'> | undefined
  /** `user_disabled`. */
  onDisable?: EventHook<'user_disabled'> | undefined
  /** `user_deleted`. */
  onDelete?: EventHook<'user_deleted'> | undefined
  /** Every event. */
  onEvent?: EventHook | undefined
}

const is = (...types: AuthEventType[]) => ({ type }: AuthEvent): boolean => types.includes(type)

/** Which events each hook is told of. */
const told: Readonly<Record<keyof EventHooks, (event: AuthEvent) => boolean>> = {
  onSignUp: ({ type, row }) => type === 'user_created' && row !== null,
  onLink: is('identity_linked', 'account_merged'),
  onUnlink: is('identity_unlinked'),
  onEmailChange: is('email_changed'),
  onRefuse: is('refused'),
  onSignOut: is('signed_out'),
  onSessionsEnd: is('sessions_ended'),
  onDisable: is('user_disabled'),
  onDelete: is('user_deleted'),
  onEvent: () => true
}

/** A hook that failed: what it threw, or that it took too long. */
export interface HookFailure {
  readonly hook: keyof EventHooks
  readonly event: AuthEvent
  readonly timedOut: boolean
  /** What was thrown: may hold anything. */
  readonly error: unknown
}

/**
 * Calls the hooks of an event, all at once, and waits for them. Never rejects.
 *
 * @param timeout - How long a hook is waited for, in milliseconds.
 * @param complain - Told of each hook that failed.
 */
export function createHooks (
  hooks: EventHooks, timeout: number, complain: (failure: HookFailure) => void
): (event: AuthEvent) => Promise<void> {
  const names = (Object.keys(told) as Array<keyof EventHooks>).filter((name) => hooks[name] !== undefined)
  return async (event) => {
    const calls = names.filter((name) => told[name](event)).map(async (hook) => {
      try {
        await within(timeout, async () => await (hooks[hook] as EventHook)(event))
      } catch (error) {
        complain({ hook, event, timedOut: error instanceof TimedOut, error })
      }
    })
    await Promise.all(calls)
  }
}
