import Fastify from 'fastify'
import type { Test } from 'tap'
import entra, { type EntraOptions } from '../../plugins/fastify-entra.ts'
import { findingsOf } from '../diagnosis/set-up.ts'
import { setNodeEnv } from '../node-env.ts'
import { takesLong } from '../patient.ts'
import { tries } from './trial.ts'
import type { Engine } from '../store/engines.ts'

takesLong()

const hush = 'canary-value-that-is-not-shown'

/** Options of a site that starts. */
async function rightOptions (t: Test, engine: Engine): Promise<EntraOptions> {
  return {
    baseUrl: 'https://app.example', clientId: '2f1e9b6c-5b0f-4e6b-9d57-0c6a3c8f7a11', clientSecret: 'a~secret~of~the~portal', secrets: ['test-secret-of-at-least-32-characters'], database: await engine.newSharedLocation(t)
  }
}

/** Starts a site; gives what is said at its boot. */
async function boot (t: Test, options: object): Promise<{ readonly error: Error & { code?: string } | null, readonly log: string }> {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => { lines.push(line) } } } })
  t.teardown(async () => await app.close())
  try {
    await app.register(entra, options as EntraOptions)
    await app.ready()
    return { error: null, log: lines.join('') }
  } catch (error) {
    return { error: error as Error, log: lines.join('') }
  }
}

/** Each is refused at boot by a message that names what is wrong. */
async function refusesAtBoot (t: Test, engine: Engine, wrong: ReadonlyArray<readonly [given: object, message: RegExp]>): Promise<void> {
  const right = await rightOptions(t, engine)
  for (const [given, message] of wrong) {
    const { error } = await boot(t, { ...right, ...given })
    t.match(error, { code: 'FST_ENTRA_CONFIGURATION', message }, JSON.stringify(given))
    t.notMatch(error?.message, hush)
  }
  t.equal((await boot(t, { ...right, rateLimit: false })).error, null, 'control: without the mistake it starts')
}

tries('X05', 'an option that is misspelt, or of a wrong type, is refused at boot by its name', async (t, engine) => await refusesAtBoot(t, engine, [
  [{ allow_email_acount_merge: true }, /no option "allow_email_acount_merge"\. Did you mean "allow_email_account_merge"/],
  [{ Use_Email_As_Identifier: true }, /no option "Use_Email_As_Identifier"/],
  [{ __proto__: null, isAdmin: true }, /no option "isAdmin"/],
  ...['false', 'true', 0, 1, null, [], {}].map((value): [object, RegExp] => [{ allow_email_account_merge: value }, /"allow_email_account_merge" must be true or false/]),
  ...['verify_email', 'use_email_as_identifier', 'requireVerifiedEmail', 'allowSignup', 'strictEdov', 'keepTokens', 'returnTokens', 'enabled'].map((name): [object, RegExp] => [{ [name]: 'false' }, new RegExp(`"${name}" must be true or false`)]),
  ...[' common ', 'Common', '', 'common/', 'https://login.microsoftonline.com/common', null, 5, ['common']].map((tenant): [object, RegExp] => [{ tenant }, /"tenant" must be/]),
  ...[49, 101, 90.5, '90', NaN, null].map((threshold): [object, RegExp] => [{ threshold }, /"threshold" must be an integer from 50 to 100/]),
  ...[0, -1, '1 h', Infinity].map((idleTimeout): [object, RegExp] => [{ idleTimeout }, /"idleTimeout" must be milliseconds/]),
  [{ secrets: [hush.slice(0, 20)] }, /"secrets"/],
  [{ secrets: [''] }, /"secrets"/],
  [{ clientSecret: ` ${hush} ` }, /"clientSecret"/],
  [{ database: `mysql://me:${hush}@localhost/x` }, /"database"/],
  [{ redis: `http://me:${hush}@localhost` }, /"redis"/]
]))

tries('X06', 'options that contradict each other, or promise what nothing holds, are refused at boot or warned of', async (t, engine) => {
  await refusesAtBoot(t, engine, [
    [{ verify_email: true }, /"verify_email"/],
    [{ verify_email: true, use_email_as_identifier: true }, /"verify_email"[^]*mailer|mailer[^]*"verify_email"/],
    [{ verify_email: true, mailer: async () => {} }, /"verify_email"[^]*"use_email_as_identifier"|"use_email_as_identifier"[^]*"verify_email"/],
    [{ baseUrl: 'http://app.example' }, /"baseUrl"/],
    [{ baseUrl: 'https://app.example/below' }, /"baseUrl"/],
    ...['**', '*', 'https://*', 'https://**', '//**', 'https://*.*.example/', 'javascript:**', 'http://app.example/**', 'https://a*.example/'].map((pattern): [object, RegExp] => [{ allowedRedirectUrls: [pattern] }, /"allowedRedirectUrls"/]),
    [{ defaultReturnTo: '//evil.example' }, /"defaultReturnTo"/],
    [{ defaultReturnTo: '/auth/logout' }, /"defaultReturnTo"/],
    [{ errorRedirectUrl: '/auth/microsoft/login' }, /"errorRedirectUrl"/],
    [{ idleTimeout: 8 * 86_400_000 }, /"idleTimeout"/],
    [{ clientSecret: undefined }, /"clientSecret" is missing/]
  ])
  const right = await rightOptions(t, engine)
  t.match((await boot(t, { ...right, use_email_as_identifier: true, allow_email_account_merge: true, threshold: 50, emailSources: ['upn', 'email'] })).error, null)
  t.match((await boot(t, { ...right, allow_email_account_merge: true })).log, /allow_email_account_merge/, 'merging without identifiers is warned of')
  setNodeEnv(t, 'production')
  t.match((await boot(t, { baseUrl: 'https://app.example' })).error?.message, /in production .* must be given: clientId, clientSecret, secrets, database/)
  t.match((await boot(t, { ...right, baseUrl: 'http://localhost:3000' })).error?.message ?? '', /production|"baseUrl"/, 'no cookie without Secure in production')
  const { error, log } = await boot(t, right)
  t.equal(error, null)
  t.match(log, /"rateLimit\\" is not given/, 'and that nothing limits requests is warned of')
})

tries('X07', 'the doctor reports an application into whose tokens any tenant may write claims as an error, and says what to do', async (t) => {
  const found = await findingsOf(t, { setting: { simulator: { acceptMappedClaims: true } }, manifest: true })
  t.match(found.find(({ id }) => id === 'mapped_claims_accepted'), { severity: 'error', remedy: /"acceptMappedClaims" to null/ })
  const arrived = await findingsOf(t, { setting: { simulator: { acceptMappedClaims: true } }, account: 'mallory-mapped' })
  t.ok(arrived.some(({ id }) => id.startsWith('mapped_claims')), 'and so is a token in which one has arrived')
  const one = await findingsOf(t, { setting: { simulator: { acceptMappedClaims: true, signInAudience: 'AzureADMyOrg', tenantId: '62d81b84-3105-40cb-979d-5dd0aafa28d9' } }, options: { tenant: '62d81b84-3105-40cb-979d-5dd0aafa28d9' }, manifest: true })
  t.match(one.find(({ id }) => id === 'mapped_claims_accepted'), { severity: 'warning' }, 'where there is but one tenant, its administrators are trusted')
  t.notOk((await findingsOf(t, { manifest: true })).some(({ id }) => id.startsWith('mapped_claims')), 'control')
})
