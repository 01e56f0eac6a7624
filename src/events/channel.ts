import { channel, hasSubscribers } from 'node:diagnostics_channel'
import type { AuthEvent } from '../core/events.ts'

/**
 * Publishes an event on the channel `fastify-entra:<type>` of `node:diagnostics_channel`; nothing is done where nobody
 * subscribed. What a subscriber throws is thrown later, by Node, as an uncaught exception: never here.
 */
export function publish (event: AuthEvent): void {
  const name = `fastify-entra:${event.type}`
  if (hasSubscribers(name)) channel(name).publish(event)
}
