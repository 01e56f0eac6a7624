import Fastify from 'fastify'
import t from 'tap'
import entra from '../../plugins/fastify-entra.ts'
import type { Explanation } from '../../src/diagnosis/explanation.ts'
import { tokenOfSimulator } from '../diagnosis/token-of-simulator.ts'
import { claimsOf, clientId, makeKey, now, signIdToken } from '../verification/tokens.ts'
import { machine } from './command-line.ts'

const key = makeKey('explain')
const token = signIdToken(claimsOf({ email: 'ada@contoso.example', xms_edov: true }), key)

function machineNow (...given: Parameters<typeof machine>) {
  const made = machine(...given)
  made.clock.now = now
  return made
}

t.test('a token is explained for people: each rule, the score, the linking decision, each preset', async (t) => {
  const { output, code } = await machineNow().run('explain', token)
  t.equal(code, 0)
  t.match(output, /^The token would be accepted, as far as it was checked\.\n\nRules\n {2}holds {6}It has at most 16 KiB\./)
  t.match(output, /unchecked {2}The signature is good\. No key is at hand: nothing is fetched/)
  t.match(output, /unchecked {2}It is for this application .* The client id was not given\./)
  t.match(output, /unchecked {2}It is of this attempt \(nonce\)\. The nonce of the attempt is not known\./)
  t.match(output, /\nClaims\n {2}ver: "2\.0"\n/)
  t.match(output, /\nAddress\n {2}ada@contoso\.example \(score 90\)\n {2}The e-mail address is verified/)
  t.match(output, /\nLinking\n {2}Nobody has the address +E2: A new user is made, without an identifier\.\n {2}A user holds the address +D5:/)
  t.match(output, /\nPresets\n {2}standard {2}score 90, verified; E2: [^]*\n {2}strict {4}score 90[^]*\n {2}upn {7}score 90/)
  t.notMatch(output, token.split('.')[2])
})

t.test('a token that would be refused says by which rule, and is explained to the end', async (t) => {
  const { run } = machineNow()
  const { output } = await run('explain', signIdToken(claimsOf({ tid: 'nobody', email: 'ada@contoso.example' }), key), '--client-id', clientId, '--nonce', 'x')
  t.match(output, /^The token would be refused: invalid_token \(tid\)\.[^]*broken {5}It names its tenant by a GUID \(tid\)\./)
  t.notMatch(output, '\nAddress')
  const noAddress = await run('explain', signIdToken(claimsOf({ tid: undefined }), key))
  t.match(noAddress.output, /unchecked {2}Accounts of this kind may sign in \(option "tenant"\)\. It follows from a rule that is broken\./)
  t.match((await run('explain', signIdToken(claimsOf(), key))).output, /\nAddress\n {2}none \(score 0\)/)
  const form = await run('explain', 'a.b.c')
  t.match(form, { code: 0, output: /^The token would be refused: invalid_token \(segments\)\.\n\nRules\n {2}holds .*\n {2}broken .*$/ })
  const algorithm: Explanation = (await run('explain', signIdToken(claimsOf(), key, { alg: 'HS256' }), '--json')).json()
  t.match(algorithm, { token: { outcome: 'refused', code: 'invalid_token', reason: 'alg' }, claims: null, email: null, forecasts: [] })
})

t.test('nothing in a token is obeyed by the terminal', async (t) => {
  const { output } = await machineNow().run('explain', signIdToken(claimsOf({ name: 'a\u001b[2J\u009b2J\u202e', '\u001b]0;x': 1 }), key))
  t.match(output, 'name: "a\\u001b[2J\\u009b2J\\u202e"')
  t.match(output, '\\u001b]0;x: 1')
  for (const character of ['\u001b', '\u009b', '\u202e']) t.notOk(output.includes(character))
})

t.test('what belongs to a sign-in is said not to be at hand', async (t) => {
  const { run } = machineNow()
  const { rules }: Explanation = (await run('explain', signIdToken(claimsOf({ at_hash: 'x' }), key), '--json', '--tenant', 'Contoso.example')).json()
  t.match(rules.filter(({ rule }) => ['at_hash', 'tenant'].includes(rule)), [{ rule: 'tenant', state: 'unchecked', note: /domain/ }, { rule: 'at_hash', state: 'unchecked', note: /access token/ }])
})

t.test('a token comes from the standard input as well', async (t) => {
  for (const words of [['explain'], ['explain', '-']]) {
    t.match(await machineNow({}, { input: ` ${token}\n` }).run(...words), { code: 0, output: /would be accepted/ })
  }
  t.match(await machine({}, { input: '\n' }).run('explain'), { code: 1, output: '', errors: /no token was given/ })
})

t.test('flags say what it is held against, and wrong ones are refused without showing the token', async (t) => {
  const { run } = machineNow()
  const outcome = async (...flags: string[]): Promise<unknown> => (await run('explain', token, '--json', ...flags)).json().token
  t.same(await outcome('--client-id', clientId.toUpperCase()), { outcome: 'accepted' })
  t.match(await outcome('--client-id', '11111111-2222-4333-8444-555555555555'), { reason: 'aud' })
  t.match(await outcome('--tenant', 'consumers'), { code: 'tenant_not_allowed', reason: 'account_class' })
  t.match(await outcome('--authority', 'https://login.microsoftonline.us'), { reason: 'iss' })
  t.match(await outcome('--at', '2030-01-01T00:00:00Z'), { reason: 'exp' })
  t.match(await outcome('--nonce=another'), { reason: 'nonce' })
  t.equal((await run('explain', token, '--json', '--preset', 'upn')).json().forecasts[0].row, 'E2')
  for (const [flag, errors] of [['--client-id=x', /--client-id is/], ['--preset=x', /--preset is/], ['--authority=x', /--authority is/], ['--at=x', /--at is/]] as const) {
    const said = await run('explain', token, flag)
    t.match(said, { code: 2, output: '', errors })
    t.notMatch(said.errors, token)
  }
})

t.test('with an application its options are meant', async (t) => {
  const { token: doras } = await tokenOfSimulator(t, {})
  const application = (options: object) => async (): Promise<unknown> => {
    const app = Fastify()
    app.register(entra, { baseUrl: 'https://app.example', clientId: '75dc5961-e437-46ec-aed8-b15e9eba24db', clientSecret: 'a-client-secret', database: ':memory:', ...options })
    return { default: app }
  }
  const explained = async (options: object): Promise<Explanation> => (await machine({}, { importModule: application(options) }).run('explain', doras, '--json', '--application', 'app.js', '--at', '2021-11-22T00:00:00Z')).json()
  t.match(await explained({ requireVerifiedEmail: true }), { token: { outcome: 'accepted' }, forecasts: [{ situation: 'new', row: 'C2', code: 'unverified_email' }] })
  t.match(await explained({ use_email_as_identifier: true, verify_email: true, mailer: () => {} }), { forecasts: [{ row: 'C1', action: 'ask_for_code' }] })
  t.match(await explained({ use_email_as_identifier: true, tenantDomains: { '62d81b84-3105-40cb-979d-5dd0aafa28d9': ['partner.example'] } }), {
    forecasts: [{ row: 'C4' }, { row: 'C4' }, { row: 'C4' }, { situation: 'known', row: 'B2', action: 'sign_in' }]
  }, 'what Microsoft denies no binding lifts')
})
