import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { signInOf } from '../../plugins/sign-in.ts'
import type { SignInResult } from '../../plugins/fastify-entra.ts'
import type { Explanation } from '../../src/diagnosis/explanation.ts'
import { machine } from '../bin/command-line.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, program } from '../plugins/app.ts'
import { keySetOf, makeKey, signIdToken } from '../verification/tokens.ts'

takesLong()

interface Vector {
  readonly id: string
  readonly tenant: string
  readonly client_id: string
  readonly claims: Readonly<Record<string, unknown>>
}

const { vectors }: { vectors: Vector[] } = JSON.parse(readFileSync(new URL('../fixtures/claim-vectors.json', import.meta.url), 'utf8'))
const key = makeKey('vectors')
const aboutTime = ['exp-past', 'nbf-future']
const clientId = '11111111-aaaa-bbbb-cccc-000000000001'
const now = Date.UTC(2021, 10, 22)

/** Fills in what a vector does not care about, as the file says. Not all of its client ids could be ours. */
function fillIn ({ id, client_id: ours, claims }: Vector, nonce: string): Record<string, unknown> {
  const times = { iat: now / 1_000, nbf: now / 1_000, exp: now / 1_000 + 3_900 }
  const filled = { aud: ours, ver: '2.0', nonce, ...times, ...claims, ...(aboutTime.includes(id) ? {} : times) }
  return filled.aud === ours ? { ...filled, aud: clientId } : filled
}

/** Signs somebody in with the claims of a vector. */
async function signIn (t: Pick<Test, 'teardown'>, vector: Vector) {
  const seen: { token: string, nonce: string, email: unknown } = { token: '', nonce: '', email: null }
  const onSignIn = (_request: unknown, _reply: unknown, result: SignInResult): void => { seen.email = result.token!.email }
  const test = await httpsApp(t, { clientId, tenant: vector.tenant, onSignIn }, { simulator: { clientId } })
  const { config } = signInOf(test.app)
  const { fetch } = config.environment
  Object.assign(config.environment, { fetch: async (...request: Parameters<typeof fetch>) => String(request[0]).includes('/discovery/v2.0/keys') ? Response.json(keySetOf(key)) : await fetch(...request) })
  test.simulator.setTokenResponseHook((response) => {
    const { nonce } = JSON.parse(Buffer.from(String(response.id_token).split('.')[1]!, 'base64url').toString())
    seen.nonce = nonce
    seen.token = signIdToken(fillIn(vector, nonce), key)
    return { ...response, id_token: seen.token }
  })
  await test.simulator.signIn(test.app, vector.tenant === 'consumers' ? 'pat' : 'ada', { headers: program })
  const [entry] = (await test.app.audit.list()).filter(({ type }) => type === 'refused' || type === 'user_created')
  // Who is refused before anybody is known is in the log alone.
  const [, code, reason] = /"code":"(\w+)","reason":"(\w+)".*"sign-in refused"/.exec(test.log()) ?? []
  return { ...seen, refused: code === undefined ? { outcome: 'accepted' } : { outcome: 'refused', code, reason }, row: entry?.row }
}

t.test('explain says of each set of claims what a sign-in with it does', async (t) => {
  const { run, clock } = machine()
  clock.now = now
  const outcomes: Record<string, number> = {}
  for (const vector of vectors) {
    const signedIn = await signIn(t, vector)
    const said = await run('explain', signedIn.token, '--json', '--tenant', vector.tenant, '--client-id', clientId, `--nonce=${signedIn.nonce}`)
    t.equal(said.code, 0, said.errors)
    const { token, email, forecasts, rules, presets }: Explanation = said.json()
    t.same(token, signedIn.refused, vector.id)
    t.notMatch(said.output, signedIn.token, 'the token itself is not repeated')
    outcomes[token.outcome] = (outcomes[token.outcome] ?? 0) + 1
    if (token.outcome === 'refused') {
      t.equal(rules.find(({ state }) => state === 'broken')!.rule, token.reason, vector.id)
      continue
    }
    t.same(rules.filter(({ state }) => state === 'unchecked').map(({ rule }) => rule), ['unknown_key', 'signature', 'key_issuer', 'key_cloud_instance'], vector.id)
    t.same(email, signedIn.email, vector.id)
    t.equal(forecasts.find(({ situation }) => situation === 'new')!.row, signedIn.row, vector.id)
    t.same(presets.find(({ preset }) => preset === 'standard')!.email, email, 'the default is a preset as well')
  }
  t.same(outcomes, { accepted: 55, refused: 21 })
})

t.test('what each preset would have decided is what a sign-in under it decides', async (t) => {
  const { run, clock } = machine()
  clock.now = now
  for (const preset of ['standard', 'strict', 'upn'] as const) {
    for (const account of ['ada', 'pat', 'grace', 'noel', 'dora', 'amir', 'vera', 'udo', 'olga', 'mallory', 'mallory-mapped']) {
      const test = await httpsApp(t, { preset, environment: {} })
      let token = ''
      test.simulator.setTokenResponseHook((response) => {
        token = String(response.id_token)
        return response
      })
      await test.simulator.signIn(test.app, account, { headers: program })
      const [entry] = (await test.app.audit.list()).filter(({ type }) => type === 'refused' || type === 'user_created')
      const { presets }: Explanation = (await run('explain', token, '--json')).json()
      const { email, forecasts: [first] } = presets.find(({ preset: name }) => name === preset)!
      t.same([first!.row, first!.code], [entry!.row, entry!.code], `${preset}: ${account}`)
      t.same(email.evidence.map(({ kind, score }) => ({ kind, score })), entry!.evidence, `${preset}: ${account}`)
    }
  }
})
