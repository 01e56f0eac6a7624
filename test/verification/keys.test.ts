import t from 'tap'
import { createKeySet } from '../../src/verification/keys.ts'
import type { SigningKey } from '../../src/verification/signing-keys.ts'
import { keySetOf, makeKey, now, refusalOf, settle, type TestKey, type TestWorld, testWorld } from './tokens.ts'

const url = 'https://login.example/common/discovery/v2.0/keys'
const minute = 60_000
const hour = 60 * minute
const [first, second] = [makeKey('first'), makeKey('second')]

const serving = (...keys: TestKey[]) => () => Response.json(keySetOf(...keys))
const down = (): Response => { throw new TypeError('fetch failed') }

function setUp (answer: TestWorld['answer'] = serving(first)): TestWorld & { find: (kid: string) => Promise<SigningKey | undefined> } {
  const world = testWorld(answer)
  return Object.assign(world, createKeySet({ url, environment: world }))
}

const kidOf = async (found: Promise<SigningKey | undefined>): Promise<string | undefined> => (await found)?.kid

t.test('nothing is fetched until a key is asked for, and then once for all who wait', async (t) => {
  const world = setUp()
  t.equal(world.requests.length, 0)
  const found = await Promise.all(Array.from({ length: 50 }, async () => await kidOf(world.find('first'))))
  t.same(new Set(found), new Set(['first']))
  t.equal(world.requests.length, 1)
  t.equal(world.requests[0]!.url, url)
  t.equal(await kidOf(world.find('first')), 'first')
  t.equal(world.requests.length, 1)
})

t.test('two hundred made-up kids cost one fetch (T11)', async (t) => {
  const cold = setUp()
  for (let index = 0; index < 200; index++) t.equal(await cold.find(`made-up-${index}`), undefined)
  t.equal(cold.requests.length, 1, 'one after the other, from the first load on')

  const atOnce = setUp()
  await Promise.all(Array.from({ length: 200 }, async (_, index) => await atOnce.find(`made-up-${index}`)))
  t.equal(atOnce.requests.length, 1, 'all at once')

  const warm = setUp()
  await warm.find('first')
  for (let index = 0; index < 200; index++) await warm.find(`made-up-${index}`)
  t.equal(warm.requests.length, 2, 'one on top of the load that a sign-in had caused')
  warm.time += 5 * minute - 1
  await warm.find('made-up')
  t.equal(warm.requests.length, 2)
  warm.time += 1
  await warm.find('made-up')
  t.equal(warm.requests.length, 3, 'and one more after five minutes')
})

t.test('a key that was published after the last fetch is found with one fetch (D09)', async (t) => {
  const world = setUp()
  await world.find('first')
  world.answer = serving(first, second)
  const found = await Promise.all(Array.from({ length: 20 }, async () => await kidOf(world.find('second'))))
  t.same(new Set(found), new Set(['second']), 'twenty sign-ins at once all find it')
  t.equal(world.requests.length, 2)
})

t.test('after an hour the next sign-in fetches the keys and waits for them, and all others with it', async (t) => {
  const world = setUp()
  await world.find('first')
  world.time += hour - 1
  await world.find('first')
  t.equal(world.requests.length, 1)

  world.time += 1
  let answer = (_response: Response): void => {}
  world.answer = () => new Promise((resolve) => { answer = resolve })
  const found = Array.from({ length: 50 }, async () => await kidOf(world.find('first')))
  await settle()
  answer(Response.json(keySetOf(first, second)))
  t.same(new Set(await Promise.all(found)), new Set(['first']))
  t.equal(world.requests.length, 2, 'one fetch')
  t.equal(await kidOf(world.find('second')), 'second')
  t.equal(world.requests.length, 2)
})

t.test('a key that was removed is gone an hour after the last fetch, even where nobody signed in since (D10)', async (t) => {
  for (const time of [hour, 5 * hour, 23 * hour, 240 * hour]) {
    const world = setUp(serving(first, second))
    t.equal(await kidOf(world.find('first')), 'first')
    world.answer = serving(second)
    world.time += hour - 1
    t.equal(await kidOf(world.find('first')), 'first', 'until then it is not known')
    world.time = now + time
    t.equal(await world.find('first'), undefined, `the first sign-in after ${time / hour} h is refused`)
    t.equal(world.requests.length, 2, 'by the fetch that brought the set without it')
    t.equal(await world.find('first'), undefined)
    t.equal(world.requests.length, 2)
    t.equal(await kidOf(world.find('second')), 'second', 'while a key that is still there holds')
  }
})

t.test('two rollovers within five minutes are both found, and a kid that nobody has still costs one fetch', async (t) => {
  const world = setUp()
  await world.find('first')
  world.answer = serving(first, second)
  t.equal(await kidOf(world.find('second')), 'second')
  const third = makeKey('third')
  world.answer = serving(second, third)
  t.equal(await kidOf(world.find('third')), 'third')
  t.equal(world.requests.length, 3)
  for (let index = 0; index < 200; index++) await world.find(`made-up-${index}`)
  t.equal(world.requests.length, 4)
})

t.test('in an outage the last known good keys serve for 24 hours after they were fetched, and no longer (D08)', async (t) => {
  const world = setUp()
  await world.find('first')
  world.answer = down
  for (const time of [hour, 2 * hour, 23 * hour, 24 * hour - 1]) {
    world.time = now + time
    t.equal(await kidOf(world.find('first')), 'first')
  }
  t.equal(world.requests.length, 5, 'it was tried again each time')
  world.time = now + 24 * hour
  t.equal(await refusalOf(world.find('first')), 'provider_unavailable keys_connection')
  world.time += 5_000
  world.answer = serving(first)
  t.equal(await kidOf(world.find('first')), 'first', 'and it heals by itself')
})

t.test('a refresh that fails is tried again after five minutes, not with every sign-in', async (t) => {
  const world = setUp()
  await world.find('first')
  world.answer = () => new Response('{}', { status: 503 })
  world.time += hour
  for (let index = 0; index < 20; index++) {
    t.equal(await kidOf(world.find('first')), 'first')
  }
  t.equal(world.requests.length, 2)
  t.equal(await refusalOf(world.find('second')), 'provider_unavailable keys_status_503', 'whether an unknown key exists cannot be told')
  t.equal(world.requests.length, 2)
  world.time += 5 * minute
  world.answer = serving(first, second)
  t.equal(await kidOf(world.find('second')), 'second')
  t.equal(world.requests.length, 3)
})

t.test('a first load that fails stands for five seconds (D11)', async (t) => {
  const world = setUp(down)
  const refusals = await Promise.all(Array.from({ length: 20 }, async () => await refusalOf(world.find('first'))))
  t.same(new Set(refusals), new Set(['provider_unavailable keys_connection']))
  world.time += 4_999
  t.equal(await refusalOf(world.find('first')), 'provider_unavailable keys_connection')
  t.equal(world.requests.length, 1)
  world.time += 1
  world.answer = serving(first)
  t.equal(await kidOf(world.find('first')), 'first')
  t.equal(world.requests.length, 2)
  world.answer = serving(first, second)
  t.equal(await kidOf(world.find('second')), 'second', 'after a fetch that worked the failure is forgotten')
})

t.test('an authority that says when to come back is left alone until then, for a minute at most (D05)', async (t) => {
  for (const [header, seconds] of [['3', 5], ['30', 30], ['600', 60]] as const) {
    const world = setUp(() => new Response('{}', { status: 429, headers: { 'retry-after': header } }))
    t.equal(await refusalOf(world.find('first')), 'provider_unavailable keys_status_429')
    world.answer = serving(first)
    world.time += seconds * 1_000 - 1
    t.equal(await refusalOf(world.find('first')), 'provider_unavailable keys_status_429')
    t.equal(world.requests.length, 1)
    world.time += 1
    t.equal(await kidOf(world.find('first')), 'first')
  }
})

t.test('an answer without a usable key is refused and does not take the place of a good one', async (t) => {
  for (const document of [{}, { keys: [] }, { keys: [{ kty: 'EC', kid: 'first' }] }, { keys: 'none' }]) {
    t.equal(await refusalOf(setUp(() => Response.json(document)).find('first')), 'provider_error keys_shape')
    const world = setUp()
    await world.find('first')
    world.answer = () => Response.json(document)
    world.time += hour
    t.equal(await kidOf(world.find('first')), 'first')
  }
})

t.test('the limits of a fetch hold for keys', async (t) => {
  const hanging = createKeySet({ url, environment: testWorld(() => new Promise(() => {})), limits: { timeout: 20, size: 1_000 } })
  t.equal(await refusalOf(hanging.find('first')), 'provider_timeout keys_timeout')
  const large = createKeySet({ url, environment: testWorld(serving(first)), limits: { timeout: 300_000, size: 10 } })
  t.equal(await refusalOf(large.find('first')), 'provider_error keys_too_large')
})

t.test('a clock that jumps back makes no key immortal and blocks no fetch (D22)', async (t) => {
  const world = setUp()
  await world.find('first')
  await world.find('made-up')
  t.equal(world.requests.length, 2)
  world.time -= 2 * hour
  world.answer = serving(first, second)
  t.equal(await kidOf(world.find('second')), 'second', 'an unknown kid is looked for')
  world.time -= 48 * hour
  world.answer = down
  t.equal(await refusalOf(world.find('first')), 'provider_unavailable keys_connection', 'keys from the far future are not believed')
})
