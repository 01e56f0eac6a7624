import type { Test } from 'tap'
import { challengeKeyOf } from '../../src/challenges/code.ts'
import { count, dump } from '../store/database.ts'
import { rule } from '../store/engines.ts'
import { createWorld, outcomes, secret, waiting, type World } from './world.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const invalid = { code: 'otp_invalid', statusCode: 400 }
const expired = { code: 'otp_expired', statusCode: 400 }
const locked = { code: 'otp_locked', statusCode: 429 }

const tryCode = async ({ challenges }: World, id: string, given: unknown) => await challenges.redeem(id, given, 'req-2')

rule('the right code gives the sign-in that waited, once', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id, code, signIn } = await world.begin()
  t.same(world.mails, [{ address: 'ann@example.com', code, minutes: 10 }])
  t.same(JSON.parse(JSON.stringify(await tryCode(world, id, code))), JSON.parse(JSON.stringify(signIn)))
  t.equal(await count(world.database, 'challenges'), 0)
  await t.rejects(tryCode(world, id, code), expired, 'L33: a third one later')
})

rule('the store has nothing that is worth anything without the secrets', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id, code, signIn } = await world.begin()
  await t.rejects(tryCode(world, id, world.wrong()), invalid)
  const { challenges, code_events: codeEvents } = await dump(world.database)
  const rows = JSON.stringify([challenges, codeEvents])
  for (const hidden of [id, code, world.wrong(), 'ann@', 'access-token', 'id-token', 'oauth-code', signIn.token.identity.oid]) t.notMatch(rows, hidden, 'X03')
  t.match(challenges, [{ tries: 1, key: /^[\w-]{43}$/, code_hash: /^[\w-]{43}$/, pending: /^ey/ }])
})

rule('a code is valid for ten minutes, and a clock that was set back makes none immortal', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id, code } = await world.begin()
  const begun = world.clock.now
  for (const late of [600_001, 601_000, -2 * hour]) {
    world.clock.now = begun + late
    await t.rejects(tryCode(world, id, code), expired, `L34, D22: ${late}`)
  }
  t.match((await dump(world.database)).challenges, [{ tries: 0 }], 'none of them was a try')
  world.clock.now = begun - 30_000
  t.equal((await world.challenges.view(id))!.isExpired, false, 'servers\' clocks may differ a little')
  world.clock.now = begun + 600_000
  t.ok(await tryCode(world, id, code))
})

rule('five tries, and the sixth is locked, the right code with it', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id, code } = await world.begin()
  for (const left of [4, 3, 2, 1, 0]) {
    await t.rejects(tryCode(world, id, world.wrong()), invalid)
    t.equal((await world.challenges.view(id))!.triesLeft, left)
  }
  world.clock.now += minute
  await t.rejects(tryCode(world, id, code), { ...locked, detail: { reason: 'no_tries_left', retryAfter: 540 } })
  await t.rejects(world.challenges.resend(id, 'r'), { ...locked, detail: { retryAfter: 540 } }, 'nor is another one mailed')
  t.equal((await world.challenges.view(id))!.mayResend, false)
  t.equal(world.mails.length, 1)
  const another = await world.begin()
  t.ok(await tryCode(world, another.id, another.code), 'a sign-in that starts anew goes on')
})

rule('the fifth try may be the right one', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id, code } = await world.begin()
  for (let count = 0; count < 4; count++) await t.rejects(tryCode(world, id, world.wrong()), invalid)
  t.ok(await tryCode(world, id, code))
})

rule('of 20 and of 200 tries at once five are compared', async (t, engine) => {
  for (const many of [20, 200]) {
    const world = await createWorld(t, engine)
    const { id } = await world.begin()
    const codes = Array.from({ length: many }, () => world.wrong())
    t.same(await outcomes(codes.map(async (code) => await tryCode(world, id, code))), { otp_invalid: 5, otp_locked: many - 5 }, 'L31')
    t.match((await dump(world.database)).challenges, [{ tries: 5 }])
  }
})

rule('of many right codes at once one is the first', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id, code } = await world.begin()
  const { done, ...rest } = await outcomes(Array.from({ length: 20 }, async () => await tryCode(world, id, code)))
  t.equal(done, 1, 'L33')
  t.equal(Object.values(rest).reduce((sum, number) => sum + number, 0), 19)
  t.notOk(Object.keys(rest).some((how) => !['otp_invalid', 'otp_expired', 'otp_locked'].includes(how)), Object.keys(rest).join())
  t.equal(await count(world.database, 'challenges'), 0)
  t.same((await dump(world.database)).code_events!.map((row) => (row as { id: string }).id.slice(0, 6)), ['mail.0'], 'none of them counts as wrong')
})

rule('nothing but text of six ASCII digits is the code, and each try counts once', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { clock, begin } = world
  const wrongs = (code: string) => [Number(code), `0${code}`, [code], { $gt: '' }, ` ${code}`, `${code}\n`, `${code}\0`, code.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))), '', undefined, null, true, { toString: () => code }]
  for (let index = 0; index < wrongs('000000').length; index++) {
    const { id, code } = await begin()
    await t.rejects(tryCode(world, id, wrongs(code)[index]), invalid, `L43: ${index}`)
    t.equal((await world.challenges.view(id))!.triesLeft, 4)
    t.ok(await tryCode(world, id, code), 'the right one beside it')
    clock.now += day
  }
})

rule('another code takes the place of the one that was; tries stay counted', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id, code } = await world.begin()
  for (let count = 0; count < 4; count++) await t.rejects(tryCode(world, id, world.wrong()), invalid)
  await world.challenges.resend(id, 'req-3')
  t.equal(world.mails.length, 2)
  t.not(world.mails[1]!.code, code)
  t.equal((await world.challenges.view(id))!.triesLeft, 1)
  const before = await dump(world.database)
  await t.rejects(tryCode(world, id, code), invalid, 'L32: the old code is dead')
  t.match(before.challenges, [{ tries: 4 }])
  await t.rejects(tryCode(world, id, world.mails[1]!.code), locked, 'and was the last try')
})

rule('the newest code is right after it was sent again', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id } = await world.begin()
  world.clock.now += 9 * minute
  await world.challenges.resend(id, 'req-3')
  world.clock.now += 10 * minute
  t.ok(await tryCode(world, id, world.mails[1]!.code), 'and has ten minutes of its own')
})

rule('a challenge ends after half an hour, however often a code was sent again', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id } = await world.begin()
  world.clock.now += 15 * minute
  t.match(await world.challenges.view(id), { isExpired: true, mayResend: true })
  await t.rejects(tryCode(world, id, world.mails[0]!.code), expired)
  world.clock.now += 5 * minute
  await world.challenges.resend(id, 'r')
  world.clock.now += 1
  t.match(await world.challenges.view(id), { isExpired: false, mayResend: false })
  await t.rejects(world.challenges.resend(id, 'r'), expired)
  world.clock.now += 10 * minute
  t.equal(await world.challenges.view(id), null)
  await t.rejects(tryCode(world, id, world.mails[1]!.code), expired)
  await t.rejects(world.challenges.resend(id, 'r'), expired)
})

rule('five mails an hour go to an address, over all challenges, resent ones among them', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id } = await world.begin({ person: 1 })
  await world.challenges.resend(id, 'r')
  world.clock.now += 10 * minute
  for (const person of [2, 3, 4]) await world.begin({ person, email: 'ANN@example.com' })
  const refusal = { code: 'too_many_requests', statusCode: 429, detail: { reason: 'address_limit_mail', retryAfter: 3_000 } }
  await t.rejects(world.begin({ person: 5 }), refusal, 'L41')
  await t.rejects(world.challenges.resend(id, 'r'), refusal, 'L32')
  t.equal(world.mails.length, 5)
  t.equal(await count(world.database, 'challenges'), 4)
  await world.begin({ email: 'bob@example.com' })
  world.clock.now += 50 * minute
  await world.begin({ person: 6 })
  await world.begin({ person: 7 })
  await t.rejects(world.begin({ person: 8 }), { ...refusal, detail: { retryAfter: 600 } }, 'the two of the beginning are an hour old, the others are not')
})

rule('of a hundred sign-ins for one address at once five are mailed', async (t, engine) => {
  const world = await createWorld(t, engine)
  const sent = Array.from({ length: 100 }, async (_, person) => await world.challenges.begin(waiting({ person }), 'r'))
  t.same(await outcomes(sent), { done: 5, too_many_requests: 95 })
  t.equal(world.mails.length, 5)
})

rule('ten wrong tries a day for an address, over all challenges, also at once', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ids = []
  for (const person of [1, 2, 3, 4, 5]) ids.push((await world.begin({ person })).id)
  const tries = ids.flatMap((id) => Array.from({ length: 5 }, async () => await tryCode(world, id, 'wrong!')))
  t.same(await outcomes(tries), { otp_invalid: 10, otp_locked: 15 })
  world.clock.now += 2 * hour
  await t.rejects(world.begin({ person: 6 }), { ...locked, detail: { reason: 'address_limit_wrong', retryAfter: 22 * 3_600 } }, 'and no more mails go there')
  t.equal(world.mails.length, 5)
  t.ok(await world.begin({ email: 'bob@example.com' }))
  world.clock.now += 22 * hour
  const { id, code } = await world.begin({ person: 6 })
  t.ok(await tryCode(world, id, code), 'until a day has passed')
})

rule('what is left of a day is what the person is told', async (t, engine) => {
  const world = await createWorld(t, engine)
  for (const person of [1, 2]) {
    const { id } = await world.begin({ person })
    for (let count = 0; count < 4; count++) await t.rejects(tryCode(world, id, world.wrong()), invalid)
  }
  const { id, code } = await world.begin({ person: 3 })
  t.equal((await world.challenges.view(id))!.triesLeft, 2)
  for (let count = 0; count < 2; count++) await t.rejects(tryCode(world, id, world.wrong()), invalid)
  await t.rejects(tryCode(world, id, code), { ...locked, detail: { reason: 'address_limit_wrong', retryAfter: 86_400 } })
  await t.rejects(world.challenges.resend(id, 'r'), locked)
})

rule('a clock that went far ahead and back locks no address for ever', async (t, engine) => {
  const world = await createWorld(t, engine)
  world.clock.now += 2 * hour
  for (const person of [1, 2, 3, 4, 5]) await world.begin({ person })
  world.clock.now -= 2 * hour
  t.ok(await world.begin({ person: 6 }), 'D22')
})

rule('a code belongs to the browser that asked for it, and to its identity', async (t, engine) => {
  const world = await createWorld(t, engine)
  const victim = await world.begin({ person: 1 })
  const attacker = await world.begin({ tenant: 'attacker', person: 2 })
  await t.rejects(tryCode(world, attacker.id, victim.code), invalid, 'L35')
  await t.rejects(tryCode(world, victim.id, attacker.code), invalid, 'L35, the other way round')
  await t.rejects(tryCode(world, 'unknown', victim.code), expired, 'L37')
  const { token } = await tryCode(world, victim.id, victim.code)
  t.match(token.identity, victim.signIn.token.identity)
})

rule('a sign-in that was moved to another challenge in the store is not opened there', async (t, engine) => {
  const world = await createWorld(t, engine)
  const mine = await world.begin({ tenant: 'attacker', email: 'mallory@example.com' })
  await world.begin({ email: 'ann@example.com' })
  const theirs = (await dump(world.database)).challenges!.map((row) => row as { key: string, pending: string })
  const myKey = challengeKeyOf(mine.id)
  const { pending } = theirs.find(({ key }) => key !== myKey)!
  await world.database.run((db) => db.updateTable('challenges').set({ pending }).where('key', '=', myKey).execute())
  t.equal(await world.challenges.view(mine.id), null)
  await t.rejects(tryCode(world, mine.id, mine.code), expired)
})

rule('codes and limits outlive a new secret, and end with the old one', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id, code } = await world.begin()
  for (const person of [2, 3]) await world.begin({ person })
  const rotated = world.withSecrets('the-newer-secret-of-32-characters!', secret)
  for (const person of [4, 5]) await rotated.begin(waiting({ person }), 'r')
  await t.rejects(rotated.begin(waiting({ person: 6 }), 'r'), { code: 'too_many_requests' })
  await t.rejects(rotated.redeem(id, '!', 'r'), invalid)
  t.equal((await rotated.view(id))!.triesLeft, 4)
  t.ok(await rotated.redeem(id, code, 'r'))
  const { id: other } = await world.begin({ email: 'bob@example.com' })
  t.equal(await world.withSecrets('the-newer-secret-of-32-characters!').view(other), null)
})

rule('where the mail cannot be sent nothing is kept, and the next try works', async (t, engine) => {
  const world = await createWorld(t, engine)
  world.mailer.isDown = true
  const before = await dump(world.database)
  for (let count = 0; count < 7; count++) await t.rejects(world.challenges.begin(waiting(), 'r'), { code: 'otp_unavailable' }, 'L44')
  t.same(await dump(world.database), before)
  t.same(world.events, [])
  world.mailer.isDown = false
  const { id, code } = await world.begin()
  world.mailer.isDown = true
  const waitingRows = await dump(world.database)
  await t.rejects(world.challenges.resend(id, 'r'), { code: 'otp_unavailable' })
  t.same(await dump(world.database), waitingRows)
  t.ok(await tryCode(world, id, code), 'the code that was stays right')
})

rule('a mail that takes too long counts, since it may still arrive: five an hour also with a slow mailer', async (t, engine) => {
  const world = await createWorld(t, engine)
  world.mailer.late = new Promise(() => {})
  for (const person of [1, 2, 3, 4, 5]) await t.rejects(world.challenges.begin(waiting({ person }), 'r'), { code: 'otp_unavailable' })
  t.equal(await count(world.database, 'challenges'), 0, 'nothing half done')
  t.same(world.events, [])
  await t.rejects(world.challenges.begin(waiting({ person: 6 }), 'r'), { code: 'too_many_requests', detail: { retryAfter: 3_600 } })
  t.equal(world.mails.length, 5)
  world.clock.now += hour
  world.mailer.late = null
  t.ok(await world.begin(), 'an hour later it is forgotten')
})

rule('one that took too long and has failed after all counts no more', async (t, engine) => {
  const world = await createWorld(t, engine)
  for (const person of [1, 2, 3, 4]) await world.begin({ person })
  let fail = (): void => {}
  world.mailer.late = new Promise<void>((_resolve, reject) => { fail = () => reject(new Error('after all')) })
  await t.rejects(world.challenges.begin(waiting({ person: 5 }), 'r'), { code: 'otp_unavailable' })
  await t.rejects(world.challenges.begin(waiting({ person: 5 }), 'r'), { code: 'too_many_requests' })
  fail()
  while (await count(world.database, 'code_events') > 4) await new Promise((resolve) => setTimeout(resolve, 5))
  world.mailer.late = null
  t.ok(await world.begin({ person: 5 }))
  await t.rejects(world.challenges.begin(waiting({ person: 6 }), 'r'), { code: 'too_many_requests' })
})

rule('a store that is gone when a late mail fails hurts nobody', async (t, engine) => {
  const world = await createWorld(t, engine)
  let fail = (): void => {}
  world.mailer.late = new Promise<void>((_resolve, reject) => { fail = () => reject(new Error('after all')) })
  await t.rejects(world.challenges.begin(waiting(), 'r'), { code: 'otp_unavailable' })
  await world.database.close()
  fail()
  await new Promise((resolve) => setTimeout(resolve, 20))
})

rule('giving up leaves nothing, and may be done twice', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id, code } = await world.begin()
  await world.challenges.cancel(id)
  await world.challenges.cancel(id)
  t.equal(await count(world.database, 'challenges'), 0)
  await t.rejects(tryCode(world, id, code), expired)
  await t.rejects(world.challenges.resend(id, 'r'), expired)
})

rule('codes for an address are cancelled together, and no others', async (t, engine) => {
  const world = await createWorld(t, engine)
  const first = await world.begin({ person: 1 })
  await world.begin({ person: 2 })
  const other = await world.begin({ email: 'bob@example.com' })
  const rotated = world.withSecrets('the-newer-secret-of-32-characters!', secret)
  await rotated.begin(waiting({ person: 3 }), 'r')
  await rotated.cancelOf('ann@example.com')
  await t.rejects(tryCode(world, first.id, first.code), expired, 'L06')
  t.ok(await tryCode(world, other.id, other.code))
  t.equal(await count(world.database, 'challenges'), 0)
})

rule('what happens is told, without the code', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id, code, signIn: { token: { identity: { tid, oid } } } } = await world.begin()
  await t.rejects(tryCode(world, id, world.wrong()), invalid)
  await world.challenges.resend(id, 'req-3')
  const about = { identity: { tid, oid }, address: 'ann@example.com', row: 'C1', evidence: [{ kind: 'asserted' }] }
  t.match(world.events, [
    { type: 'code_sent', ...about, requestId: 'req-1' },
    { type: 'code_refused', ...about, requestId: 'req-2', code: 'otp_invalid', reason: 'wrong_code' },
    { type: 'code_sent', ...about, requestId: 'req-3', reason: 'resent' }
  ])
  t.equal(world.events.length, 3)
  for (const hidden of [code, world.mails[1]!.code, world.wrong(), id]) t.notMatch(JSON.stringify(world.events), hidden)
})

rule('an outage is told to the person, and counts for nobody as a wrong code', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id, code } = await world.begin()
  await world.database.close()
  await t.rejects(tryCode(world, id, code), { code: 'store_unavailable' })
  t.equal(world.events.length, 1)
})

rule('what is over is swept, a few at a time, whenever a code is asked for', async (t, engine) => {
  const world = await createWorld(t, engine)
  for (let person = 0; person < 13; person++) await world.begin({ email: `ann${person}@example.com` })
  world.clock.now += day + hour
  await world.begin({ email: 'bob@example.com' })
  t.equal(await count(world.database, 'challenges'), 4)
  t.equal(await count(world.database, 'code_events'), 4)
  await world.begin({ email: 'eve@example.com' })
  t.equal(await count(world.database, 'challenges'), 2)
})

rule('a code that is sent again while it is entered is right no longer', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id, code } = await world.begin()
  const racing: World = { ...world, challenges: world.withSecrets(secret) }
  const { take } = world.store
  const store = world.store as { take: typeof take }
  store.take = async (key, hash) => {
    await world.challenges.resend(id, 'r')
    return await take(key, hash)
  }
  await t.rejects(tryCode(racing, id, code), { ...invalid, detail: { reason: 'used_or_replaced_code' } })
  store.take = take
  t.ok(await tryCode(world, id, world.mails[1]!.code))
})

rule('what ended while another code was mailed, or while one was entered, has ended', async (t, engine) => {
  const world = await createWorld(t, engine)
  await endDuring(t, world, 'replaceCode', async (id) => await world.challenges.resend(id, 'r'))
  await endDuring(t, world, 'countTry', async (id, code) => await tryCode(world, id, code))
})

/** The challenge is cancelled just before one of the store's calls. */
async function endDuring (t: Test, world: World, call: 'replaceCode' | 'countTry', work: (id: string, code: string) => Promise<unknown>): Promise<void> {
  const { id, code } = await world.begin()
  const store = world.store as unknown as Record<string, (...parameters: unknown[]) => Promise<unknown>>
  const real = store[call]!
  store[call] = async (...parameters) => {
    await world.challenges.cancel(id)
    return await real(...parameters)
  }
  await t.rejects(work(id, code), expired)
  store[call] = real
}
