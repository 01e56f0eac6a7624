import t from 'tap'
import { deriveKeys } from '../../src/core/secrets.ts'
import { attemptLifetime, codeChallenge, createAttempts, hashState } from '../../src/provider/attempt.ts'
import { createSeal } from '../../src/core/seal.ts'
import { differ } from '../forge.ts'
import { seededBytes } from '../random.ts'

const prefix = '__Host-entra-attempt-'
const [older, newer] = ['o'.repeat(32), 'n'.repeat(32)]

function setUp (secrets = [newer]) {
  const clock = { now: 1_700_000_000_000 }
  const environment = { now: () => clock.now, randomBytes: seededBytes('attempts'), fetch }
  return { clock, attempts: createAttempts(createSeal(deriveKeys(secrets, 'attempt')), prefix, environment) }
}

/** Applies cookies as a browser does. */
function apply (jar: Record<string, string>, cookies: ReadonlyArray<{ name: string, value: string }>) {
  for (const { name, value } of cookies) {
    if (value === '') delete jar[name]
    else jar[name] = value
  }
}

t.test('an attempt is found again by its state, in its own cookie', async (t) => {
  const { attempts } = setUp()
  const jar: Record<string, string> = {}
  const first = await attempts.start({ returnTo: '/a', intent: 'sign-in' }, jar)
  apply(jar, first.cookies)
  const second = await attempts.start({ returnTo: '/b', intent: 'sign-in' }, jar)
  apply(jar, second.cookies)
  t.equal(Object.keys(jar).length, 2)
  t.same((await attempts.find(first.attempt.state, jar))?.attempt, first.attempt)
  t.same((await attempts.find(second.attempt.state, jar))?.attempt, second.attempt)
})

t.test('state, nonce and verifier are 256 bits each and have nothing in common', async (t) => {
  const { attempts } = setUp()
  const { attempt } = await attempts.start({ returnTo: '/', intent: 'sign-in' }, {})
  for (const value of [attempt.state, attempt.nonce, attempt.verifier]) t.match(value, /^[\w-]{43}$/)
  t.equal(new Set([attempt.state, attempt.nonce, attempt.verifier]).size, 3)
})

t.test('the cookie shows neither nonce nor verifier, and ten characters of the state', async (t) => {
  const { attempts } = setUp()
  const { attempt, cookies } = await attempts.start({ returnTo: '/secret-page', intent: 'sign-in' }, {})
  const shown = JSON.stringify(cookies)
  for (const secret of [attempt.nonce, attempt.verifier, attempt.state, 'secret-page']) t.notMatch(shown, secret)
  t.equal(cookies[0]!.name, prefix + attempt.state.slice(0, 10))
})

t.test('another state, another cookie and a forged cookie find nothing', async (t) => {
  const { attempts } = setUp()
  const { attempt, cookies } = await attempts.start({ returnTo: '/', intent: 'sign-in' }, {})
  const { name, value } = cookies[0]!
  const sameStart = differ(attempt.state, 10)
  t.equal(await attempts.find(sameStart, { [name]: value }), null)
  t.equal(await attempts.find(attempt.state.slice(0, 10), { [name]: value }), null)
  t.equal(await attempts.find(attempt.state, {}), null)
  t.equal(await attempts.find(attempt.state, { [name]: 'forged' }), null)
  t.equal(await attempts.find(attempt.state, { [name]: differ(value, -1) }), null)
  t.ok(await attempts.find(attempt.state, { [name]: value }), 'the right one does')
})

t.test('an attempt lives for ten minutes, and not from the future', async (t) => {
  const { attempts, clock } = setUp()
  const { attempt, cookies } = await attempts.start({ returnTo: '/', intent: 'sign-in' }, {})
  const jar = { [cookies[0]!.name]: cookies[0]!.value }
  clock.now += attemptLifetime
  t.ok(await attempts.find(attempt.state, jar))
  clock.now += 1
  t.equal(await attempts.find(attempt.state, jar), null)
  clock.now = attempt.startedAt - 1
  t.equal(await attempts.find(attempt.state, jar), null)
})

t.test('what became of an attempt is told, and which cookie is of no use any more', async (t) => {
  const { attempts, clock } = setUp()
  const { attempt, cookies } = await attempts.start({ returnTo: '/', intent: 'sign-in' }, {})
  const [{ name, value }] = cookies as [{ name: string, value: string }]
  const sameStart = attempt.state.slice(0, 10) + 'x'.repeat(33)
  t.same(await attempts.lossOf(attempt.state, {}), { loss: 'attempt_cookie_absent', staleCookie: null })
  t.same(await attempts.lossOf(attempt.state, { [name]: 'forged' }), { loss: 'attempt_unreadable', staleCookie: name })
  t.same(await attempts.lossOf(sameStart, { [name]: value }), { loss: 'attempt_cookie_absent', staleCookie: null }, 'the cookie is good for another')
  clock.now += attemptLifetime + 1
  t.same(await attempts.lossOf(attempt.state, { [name]: value }), { loss: 'attempt_expired', staleCookie: name })
})

t.test('a browser keeps five attempts; the oldest goes', async (t) => {
  const { attempts, clock } = setUp()
  const jar: Record<string, string> = { other: 'stays' }
  const states: string[] = []
  for (let tab = 0; tab < 7; tab++) {
    clock.now += 1_000
    const { attempt, cookies } = await attempts.start({ returnTo: '/', intent: 'sign-in' }, jar)
    apply(jar, cookies)
    states.push(attempt.state)
  }
  t.equal(Object.keys(jar).length, 6)
  t.equal(jar.other, 'stays')
  const found = await Promise.all(states.map((state) => attempts.find(state, jar)))
  t.same(found.map((one) => one !== null), [false, false, true, true, true, true, true])
})

t.test('attempts with long targets go earlier, so that the cookies fit into a request', async (t) => {
  const { attempts, clock } = setUp()
  const jar: Record<string, string> = {}
  for (let tab = 0; tab < 5; tab++) {
    clock.now += 1_000
    apply(jar, (await attempts.start({ returnTo: `/${'x'.repeat(2_000)}`, intent: 'sign-in' }, jar)).cookies)
  }
  t.ok(Object.values(jar).join('').length < 8_000)
  t.equal(Object.keys(jar).length, 2)
})

t.test('cookies that are over or forged go first', async (t) => {
  const { attempts, clock } = setUp()
  const jar: Record<string, string> = { [`${prefix}forged`]: 'x' }
  apply(jar, (await attempts.start({ returnTo: '/', intent: 'sign-in' }, {})).cookies)
  clock.now += attemptLifetime + 1
  apply(jar, (await attempts.start({ returnTo: '/', intent: 'sign-in' }, jar)).cookies)
  t.equal(Object.keys(jar).length, 1)
})

t.test('a request with more cookies than a browser keeps costs no more', async (t) => {
  const { attempts } = setUp()
  const jar = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`${prefix}${index}`, 'x']))
  const { cookies } = await attempts.start({ returnTo: '/', intent: 'sign-in' }, jar)
  t.equal(cookies.length, 11)
})

t.test('a new secret in front keeps open attempts; a dropped one ends them', async (t) => {
  const { attempt, cookies } = await setUp([older]).attempts.start({ returnTo: '/', intent: 'sign-in' }, {})
  const jar = { [cookies[0]!.name]: cookies[0]!.value }
  t.ok(await setUp([newer, older]).attempts.find(attempt.state, jar))
  t.equal(await setUp([newer]).attempts.find(attempt.state, jar), null)
})

t.test('hash and challenge are sha256, base64url', async (t) => {
  // RFC 7636 appendix B.
  t.equal(codeChallenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
  t.equal(hashState(''), '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')
})
