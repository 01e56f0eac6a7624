import t from 'tap'
import { type AuthEvent, createEventHub } from '../../src/core/events.ts'

const when = { now: () => 7 }

t.test('an event says what it was told, and null or nothing for the rest', async (t) => {
  const hub = createEventHub(when)
  const seen: AuthEvent[] = []
  hub.listen(async (event) => { seen.push(event) })
  await hub.report({ type: 'user_disabled', userId: 'u' })
  t.same(seen, [{ type: 'user_disabled', at: 7, userId: 'u', identity: null, address: null, evidence: [], row: null, code: null, reason: null, requestId: null }])
})

t.test('an event is a frozen copy: whoever is told can change nothing, and sees no more than belongs to it', async (t) => {
  const hub = createEventHub(when)
  const seen: AuthEvent[] = []
  hub.listen(async (event) => { seen.push(event) })
  const identity = { tid: 't', oid: 'o', sub: 'private' }
  const evidence = [{ kind: 'asserted', score: 20, sentence: 'private' }]
  await hub.report({ type: 'signed_in', identity, evidence })
  const [event] = seen
  t.same(event!.identity, { tid: 't', oid: 'o' })
  t.same(event!.evidence, [{ kind: 'asserted', score: 20 }])
  for (const part of [event, event!.identity, event!.evidence, event!.evidence[0]]) t.ok(Object.isFrozen(part))
})

t.test('events are kept together, then told one by one, to each listener in its turn', async (t) => {
  const hub = createEventHub(when)
  const log: string[] = []
  hub.listen(async ({ type }) => { log.push(`first ${type}`) })
  hub.listen(async ({ type }) => { log.push(`second ${type}`) })
  hub.record(async (events) => { log.push(`kept ${events.map(({ type }) => type).join('+')}`) })
  await hub.report({ type: 'user_created' }, { type: 'signed_in' })
  t.same(log, ['kept user_created+signed_in', 'first user_created', 'second user_created', 'first signed_in', 'second signed_in'])
})

t.test('what cannot be kept rejects; what has happened is told all the same, but nobody is said to have signed in', async (t) => {
  const hub = createEventHub(when)
  const told: string[] = []
  hub.listen(async ({ type }) => { told.push(type) })
  hub.record(async () => { throw new Error('full') })
  await t.rejects(hub.report({ type: 'user_created' }, { type: 'signed_in' }), { message: 'full' })
  t.same(told, ['user_created'])
})

t.test('a report that could not be kept is given again: kept once by each, as of its first time, and told once', async (t) => {
  const clock = { now: 7 }
  const hub = createEventHub({ now: () => clock.now })
  const kept: string[] = []
  const told: string[] = []
  let isFull = true
  hub.listen(async ({ type }) => { told.push(type) })
  hub.record(async (events) => { kept.push(...events.map(({ type, at }) => `first ${type} ${at}`)) })
  hub.record(async (events) => {
    if (isFull) throw new Error('full')
    kept.push(...events.map(({ type, at }) => `second ${type} ${at}`))
  })
  const report = { type: 'identity_linked' } as const
  await t.rejects(hub.report(report), { message: 'full' })
  isFull = false
  clock.now = 9
  await hub.report(report, { type: 'refused' })
  t.same(kept, ['first identity_linked 7', 'first refused 9', 'second identity_linked 7', 'second refused 9'])
  t.same(told, ['identity_linked', 'refused'])
})

t.test('a listener that rejects is heard', async (t) => {
  const hub = createEventHub(when)
  hub.listen(async () => { throw new Error('no') })
  await t.rejects(hub.report({ type: 'signed_out' }), { message: 'no' })
  await hub.report()
})
