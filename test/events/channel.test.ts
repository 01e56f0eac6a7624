import { execFile } from 'node:child_process'
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import type { AuthEvent } from '../../src/core/events.ts'
import { publish } from '../../src/events/channel.ts'

const event: AuthEvent = { type: 'user_created', at: 1, userId: 'u', identity: null, address: null, evidence: [], row: 'E2', code: null, reason: null, requestId: null }

t.test('an event is on the channel of its type, while somebody listens there', async (t) => {
  const seen: unknown[] = []
  const listener = (message: unknown): void => { seen.push(message) }
  publish(event)
  subscribe('fastify-entra:user_created', listener)
  publish(event)
  publish({ ...event, type: 'signed_in' })
  unsubscribe('fastify-entra:user_created', listener)
  publish(event)
  t.same(seen, [event])
  t.notOk(channel('fastify-entra:user_created').hasSubscribers)
})

t.test('a subscriber that throws stops neither the others nor whoever published: Node raises it afterwards', async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'channel-process.ts')])
  t.same(JSON.parse(stdout), ['fastify-entra:signed_in signed_in', 'published', 'uncaught subscriber'])
})
