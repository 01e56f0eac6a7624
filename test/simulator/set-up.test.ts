import t from 'tap'
import { createSimulator } from '../../plugins/simulator.ts'
import { manifestOf } from '../../src/simulator/manifest.ts'
import { makeCertificate } from '../credentials/certificates.ts'
import { httpsApp, program } from '../plugins/app.ts'
import { carried, form, simulate, startOfTime, webApp } from './simulated.ts'

t.test('mapped claims need an application that accepts them, or signing keys of its own', async (t) => {
  const pick = async (application: Partial<typeof webApp>, account: string) => carried(await simulate({ applications: [{ ...webApp, ...application }] }).authorize({}, form({ simulator_account: account })))
  t.match(await pick({ acceptMappedClaims: false }, 'mallory-mapped'), { error: 'invalid_request', error_description: /^AADSTS50146: / })
  t.ok((await pick({ acceptMappedClaims: false, appSpecificKeys: true }, 'mallory-mapped')).code)
  t.ok((await pick({ acceptMappedClaims: false }, 'mallory')).code)
  t.ok((await pick({}, 'mallory-mapped')).code)
})

t.test('an address that Microsoft does not vouch for is held back where the registration says so', async (t) => {
  for (const [account, removeUnverifiedEmailClaim, email] of [['dora', true, null], ['amir', true, null], ['ada', true, 'ada@contoso.example'], ['pat', true, 'pat@outlook.example'], ['dora', false, 'dora@partner.example']] as const) {
    const test = await httpsApp(t, {}, { simulator: { removeUnverifiedEmailClaim, redirectUris: ['https://app.example/auth/microsoft/callback'] } })
    const { cookie } = await test.simulator.signIn(test.app, account)
    t.equal((await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json().email?.address ?? null, email, account)
  }
})

t.test('the platform Single-page application takes no request without PKCE', async (t) => {
  const { authorize } = simulate({ applications: [{ ...webApp, platform: 'spa' }] })
  t.match(carried(await authorize({ code_challenge: undefined, code_challenge_method: undefined })), { error: 'invalid_request', error_description: /^AADSTS9002325: / })
  t.equal((await authorize()).status, 200)
  t.equal((await simulate().authorize({ code_challenge: undefined, code_challenge_method: undefined })).status, 200)
})

t.test('documents and faults are dated by the clock of the simulator', async (t) => {
  const { send } = simulate()
  const date = new Date(startOfTime).toUTCString()
  t.equal((await send('discovery')).headers.date, date)
  t.equal((await send('discovery', { tenant: 'nobody' })).headers.date, date)
})

t.test('the manifest says what the registration does, and no secret', async (t) => {
  const simulator = createSimulator({
    clientSecret: 'the-first-secret', clientSecrets: [{ value: 'the-second-secret', expiresAt: startOfTime }], certificates: [makeCertificate().certificate], redirectUris: ['https://app.example/a'], frontChannelLogoutUrl: 'https://app.example/b'
  })
  t.match(simulator.manifest, {
    appId: simulator.clientId,
    signInAudience: 'AzureADandPersonalMicrosoftAccount',
    api: { acceptMappedClaims: true },
    authenticationBehaviors: { removeUnverifiedEmailClaim: false },
    web: { redirectUris: ['https://app.example/a'], logoutUrl: 'https://app.example/b' },
    spa: { redirectUris: [] },
    passwordCredentials: [{ displayName: 'secret 2', endDateTime: new Date(startOfTime).toISOString() }],
    keyCredentials: [{ displayName: 'certificate 1' }]
  })
  t.notMatch(JSON.stringify(simulator.manifest), /the-first|the-second/)
  t.match(manifestOf(webApp), { web: { logoutUrl: null }, keyCredentials: [] })
  t.match(createSimulator({ platform: 'spa', acceptMappedClaims: false, redirectUris: ['https://app.example/a'] }).manifest, { api: { acceptMappedClaims: null }, web: { redirectUris: [], logoutUrl: null }, spa: { redirectUris: ['https://app.example/a'] } })
})
