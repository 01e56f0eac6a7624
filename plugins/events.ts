import fp from 'fastify-plugin'
import type { FastifyPluginAsync } from 'fastify'
import { readOptions } from '../src/core/options.ts'
import { publish } from '../src/events/channel.ts'
import { createHooks, type HookFailure } from '../src/events/hooks.ts'
import { type EventOptions, eventOptionRules } from '../src/events/options.ts'
import { framesOf } from './failure-frames.ts'
import { signInOf } from './sign-in.ts'

export type { AuthEvent, AuthEventType } from '../src/core/events.ts'
export type { EventHook, EventHooks } from '../src/events/hooks.ts'
export type { EventOptions } from '../src/events/options.ts'

/** Tells an application what has happened: by its hooks, and on `node:diagnostics_channel`. */
const events: FastifyPluginAsync<EventOptions> = async (app, given) => {
  const { hookTimeout, ...hooks } = readOptions<EventOptions>('fastify-entra/events', eventOptionRules, given)
  const tellHooks = createHooks(hooks, hookTimeout!, complain)
  signInOf(app).listen(async (event) => {
    publish(event)
    await tellHooks(event)
  })

  /** What was thrown may hold anything, so only where is logged. */
  function complain ({ hook, event, timedOut, error }: HookFailure): void {
    const entry = { hook, event: event.type, reqId: event.requestId, frames: timedOut ? undefined : framesOf(error) }
    app.log.error(entry, timedOut ? 'a hook took too long and is not waited for' : 'a hook threw')
  }
}

const plugin: FastifyPluginAsync<EventOptions> = fp(events, {
  name: 'fastify-entra/events',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider']
})
export default plugin
