import t from 'tap'
import type { EntraOptions } from '../../plugins/fastify-entra.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, program, type TestApp } from './app.ts'

takesLong()

async function me ({ app }: TestApp, cookie: string) {
  return (await app.inject({ url: '/me', headers: { ...program, cookie } })).json()
}

/** What a refusal may leave: that it was tried. */
const traces = ['used_attempts', 'code_events']

const attackers = ['mallory', 'mallory-denied', 'mallory-mapped']

/** Every combination of the options that decide about addresses. */
function * policies (): Generator<Partial<EntraOptions>> {
  const flags = [false, true]
  for (const use of flags) {
    for (const merge of flags) {
      for (const verified of flags) {
        for (const preset of ['standard', 'strict', 'upn'] as const) {
          for (const threshold of [{}, { threshold: 50 }]) {
            yield { use_email_as_identifier: use, allow_email_account_merge: merge, requireVerifiedEmail: verified, preset, ...threshold }
          }
        }
      }
    }
  }
}

t.test('the attacker with the victim\'s address gets the victim\'s account under no option', async (t) => {
  for (const policy of policies()) {
    await t.test(JSON.stringify(policy), async (t) => {
      const test = await httpsApp(t, policy)
      const ada = await test.simulator.signIn(test.app, 'ada', { headers: program })
      t.equal(ada.statusCode, 303, 'the victim has an account')
      const victim = await me(test, ada.cookie)
      for (const account of attackers) {
        const before = await test.rows(traces)
        const attack = await test.simulator.signIn(test.app, account, { headers: program })
        if (attack.statusCode === 303) {
          const attacker = await me(test, attack.cookie)
          t.not(attacker.id, victim.id, account)
          t.equal(attacker.email?.verified ?? false, false)
          t.not(before, await test.rows(traces))
        } else {
          t.match(attack.response.json().code, /^(?:email_in_use|unverified_email)$/)
          t.equal(await test.rows(traces), before, `${account}: the store is equal row by row`)
          t.equal(attack.cookie, '', 'and there is no cookie')
        }
      }
      t.equal((await me(test, ada.cookie)).id, victim.id, 'the victim is still who she was')
      t.equal((await me(test, (await test.simulator.signIn(test.app, 'ada', { headers: program })).cookie)).id, victim.id)
    })
  }
})

t.test('an unverified address that somebody holds is refused where merging is on', async (t) => {
  const test = await httpsApp(t, { use_email_as_identifier: true, allow_email_account_merge: true })
  await test.simulator.signIn(test.app, 'ada')
  for (const account of attackers) {
    const before = await test.rows(traces)
    const attack = await test.simulator.signIn(test.app, account, { headers: program })
    t.match(attack.response.json(), { statusCode: 409, code: 'email_in_use' }, `L01 ${account}`)
    t.equal(await test.rows(traces), before)
  }
})

t.test('a verified address joins its holder where merging is on, and the holder\'s other sessions end', async (t) => {
  const test = await httpsApp(t, { use_email_as_identifier: true, allow_email_account_merge: true })
  const work = await test.simulator.signIn(test.app, 'ada')
  const home = await test.simulator.signIn(test.app, 'ada-home')
  t.equal((await test.app.inject({ url: '/me', headers: { ...program, cookie: work.cookie } })).statusCode, 401)
  const user = await me(test, home.cookie)
  t.equal((await me(test, (await test.simulator.signIn(test.app, 'ada')).cookie)).id, user.id, 'the positive control: one user, two identities')
})

t.test('somebody who got the address of a colleague is not the colleague', async (t) => {
  const test = await httpsApp(t, { use_email_as_identifier: true, allow_email_account_merge: true })
  await test.simulator.signIn(test.app, 'ada')
  const before = await test.rows(traces)
  t.match((await test.simulator.signIn(test.app, 'adam', { headers: program })).response.json(), { statusCode: 409, code: 'email_in_use' }, 'E24')
  t.equal(await test.rows(traces), before)
})

t.test('nothing that a request brings lifts an address', async (t) => {
  const test = await httpsApp(t)
  const headers = { ...program, 'x-ms-client-principal-name': 'ada@contoso.example', 'x-forwarded-email': 'ada@contoso.example' }
  const { cookie } = await test.simulator.signIn(test.app, 'amir', { headers, query: { email: 'ada@contoso.example', login_hint: 'ada@contoso.example' } })
  t.match((await me(test, cookie)).email, { canonical: 'amir@contoso.example', score: 20, verified: false }, 'E26')
})

t.test('claims that are no text, or too long, neither break nor fill anything', async (t) => {
  const test = await httpsApp(t, { use_email_as_identifier: true })
  for (const claims of [{ email: ['ada@contoso.example'] }, { email: { a: 1 } }, { email: 'a\u0000@contoso.example' }, { name: '\u0000\u202e' }, { name: 'x'.repeat(5_000) }, { name: 5 }]) {
    const { statusCode, cookie } = await test.simulator.signIn(test.app, 'noel', { claims: { ...claims, xms_edov: true } })
    t.equal(statusCode, 303, `E04, E20, S15 ${JSON.stringify(claims).slice(0, 40)}`)
    const user = await me(test, cookie)
    t.equal(user.email, null)
    t.ok((user.displayName ?? '').length <= 200)
  }
  t.equal(({} as Record<string, unknown>).xms_edov, undefined)
})
