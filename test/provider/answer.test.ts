import t from 'tap'
import { createSeal } from '../../src/core/seal.ts'
import { deriveKeys } from '../../src/core/secrets.ts'
import { answerLifetime, createAnswers } from '../../src/provider/answer.ts'

const prefix = '__Host-entra-answer-'
const secret = 'a-secret-of-at-least-32-characters'

function setUp (secrets = [secret]) {
  const clock = { now: 1_000_000 }
  return { clock, answers: createAnswers(createSeal(deriveKeys(secrets, 'answer')), prefix, { now: () => clock.now }) }
}

const responseOf = (state: string, code = 'the-code') => ({ state: state.padEnd(43, '-'), code, error: null, errorDescription: null, issuer: null })

t.test('an answer comes back as it was put away, sealed, for a minute', async (t) => {
  const { answers, clock } = setUp()
  const { key, cookies } = await answers.keep(responseOf('first'), {})
  t.equal(key, 'first-----')
  const [{ name, value }] = cookies as [{ name: string, value: string }]
  t.equal(name, prefix + key)
  t.notMatch(value, 'the-code')
  t.same(await answers.find(key, { [name]: value }), { response: responseOf('first'), cookieName: name })
  clock.now += answerLifetime
  t.ok(await answers.find(key, { [name]: value }))
  clock.now += 1
  t.equal(await answers.find(key, { [name]: value }), null)
  clock.now = 999_999
  t.equal(await answers.find(key, { [name]: value }), null, 'D22')
})

t.test('what was sealed by others, or for something else, is no answer', async (t) => {
  const { answers } = setUp()
  const foreign = await setUp(['b-secret-of-at-least-32-characters']).answers.keep(responseOf('first'), {})
  const attempt = await createSeal(deriveKeys([secret], 'attempt')).seal({ response: responseOf('first'), at: 1_000_000 })
  for (const value of [foreign.cookies[0]!.value, attempt, '', 'x']) t.equal(await answers.find('first-----', { [`${prefix}first-----`]: value }), null)
  t.equal(await answers.find('first-----', {}), null)
})

t.test('Microsoft\'s words are cut, and what is longer than a cookie is refused', async (t) => {
  const { answers } = setUp()
  const { key, cookies } = await answers.keep({ ...responseOf('first'), code: null as never, error: 'access_denied', errorDescription: `AADSTS65004: ${'x'.repeat(10_000)}` }, {})
  t.equal((await answers.find(key, { [cookies[0]!.name]: cookies[0]!.value }))!.response.errorDescription!.length, 1_000)
  t.ok((await answers.keep(responseOf('first', 'c'.repeat(2_700)), {})).cookies[0]!.value.length <= 4_000)
  await t.rejects(answers.keep(responseOf('first', 'c'.repeat(3_000)), {}), { code: 'provider_error', detail: { reason: 'answer_too_long', remedy: /"responseMode"/ } })
})

t.test('answers of other tabs stay while all fit, and go where they do not; other cookies are left alone', async (t) => {
  const { answers } = setUp()
  const jar: Record<string, string> = { other: 'x'.repeat(5_000) }
  for (const state of ['one', 'two']) {
    const { cookies } = await answers.keep(responseOf(state, 'c'.repeat(1_300)), jar)
    t.equal(cookies.length, 1)
    jar[cookies[0]!.name] = cookies[0]!.value
  }
  const { cookies } = await answers.keep(responseOf('three', 'c'.repeat(1_300)), jar)
  t.same(cookies.map(({ name, value }) => [name, value === '']), [[`${prefix}one-------`, true], [`${prefix}two-------`, true], [`${prefix}three-----`, false]])
  t.equal((await answers.keep(responseOf('two', 'c'.repeat(1_300)), jar)).cookies.length, 1, 'one of the same name is replaced')
})
