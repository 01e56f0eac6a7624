import t from 'tap'
import type { AuthEvent, AuthEventType } from '../../src/core/events.ts'
import { createHooks, type EventHooks, type HookFailure } from '../../src/events/hooks.ts'

const event = (type: AuthEventType, parts: Partial<AuthEvent> = {}): AuthEvent =>
  ({ type, at: 1, userId: null, identity: null, address: null, evidence: [], row: null, code: null, reason: null, requestId: null, ...parts })

const types: AuthEventType[] = [
  'signed_in', 'signed_out', 'refused', 'user_created', 'user_invited', 'user_disabled', 'user_enabled', 'user_exported', 'user_deleted',
  'identity_linked', 'identity_unlinked', 'account_merged', 'email_changed', 'identifier_added', 'identifier_removed',
  'identifier_released', 'identifier_held', 'identifier_reclaimed', 'sessions_ended', 'code_sent', 'code_refused'
]

t.test('each hook is called for its own events, and onEvent for all', async (t) => {
  const called: string[] = []
  const names: Array<keyof EventHooks> = ['onSignUp', 'onLink', 'onUnlink', 'onEmailChange', 'onRefuse', 'onSignOut', 'onSessionsEnd', 'onDisable', 'onDelete', 'onEvent']
  const hooks = Object.fromEntries(names.map((name) => [name, ({ type }: AuthEvent) => { called.push(`${name} ${type}`) }])) as EventHooks
  const tell = createHooks(hooks, 60_000, () => t.fail('no hook fails'))
  for (const type of types) await tell(event(type, { row: 'E2' }))
  t.same(called.filter((call) => !call.startsWith('onEvent')), [
    'onSignOut signed_out', 'onRefuse refused', 'onSignUp user_created', 'onDisable user_disabled', 'onDelete user_deleted',
    'onLink identity_linked', 'onUnlink identity_unlinked', 'onLink account_merged', 'onEmailChange email_changed', 'onSessionsEnd sessions_ended'
  ])
  t.same(called.filter((call) => call.startsWith('onEvent')), types.map((type) => `onEvent ${type}`))
})

t.test('a user whom the application makes has not signed up', async (t) => {
  const called: unknown[] = []
  const tell = createHooks({ onSignUp: (event) => called.push(event.row) }, 60_000, () => t.fail('no hook fails'))
  await tell(event('user_created'))
  t.same(called, [])
  await tell(event('user_created', { row: 'C4' }))
  t.same(called, ['C4'], 'the positive control')
})

t.test('a hook that throws, rejects or hangs is complained of, and stops neither the others nor the caller', async (t) => {
  const failures: HookFailure[] = []
  const called: string[] = []
  const thrown = new Error('no')
  const tell = createHooks({
    onRefuse: () => { throw thrown },
    onSignOut: async () => await Promise.reject(thrown),
    onDelete: async () => await new Promise(() => {}),
    onEvent: async ({ type }) => { called.push(type) }
  }, 1, (failure) => { failures.push(failure) })
  for (const type of ['refused', 'signed_out', 'user_deleted'] as const) await tell(event(type))
  t.same(called, ['refused', 'signed_out', 'user_deleted'])
  t.match(failures, [
    { hook: 'onRefuse', event: { type: 'refused' }, timedOut: false, error: thrown },
    { hook: 'onSignOut', event: { type: 'signed_out' }, timedOut: false, error: thrown },
    { hook: 'onDelete', event: { type: 'user_deleted' }, timedOut: true }
  ])
})
