import t from 'tap'
import { checklist } from '../../src/diagnosis/checklist.ts'
import { diagnose } from '../../src/diagnosis/diagnose.ts'
import { forecastOf } from '../../src/diagnosis/forecast.ts'
import { readManifest } from '../../src/diagnosis/manifest.ts'
import { spellingsOf } from '../../src/diagnosis/redirect-spellings.ts'
import type { ApplicationFacts, AuthorizationAnswer, CredentialFacts, Facts, MicrosoftFacts } from '../../src/diagnosis/types.ts'

const application: ApplicationFacts = {
  origin: 'https://app.example',
  redirectUri: 'https://app.example/callback',
  clientId: '11111111-2222-4333-8444-555555555555',
  tenant: 'common',
  authority: 'https://login.microsoftonline.com',
  issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
  isMultiTenant: true,
  email: null,
  linking: null,
  frontChannelLogoutUrl: null,
  endsTls: false,
  trustsProxy: true,
  requestHost: null
}

const answer = (given: Partial<AuthorizationAnswer>): MicrosoftFacts['authorization'] => ({ answer: { aadsts: 50058, known: null, isSentBack: true, ...given }, failure: null })
const microsoft: MicrosoftFacts = {
  configuration: { answer: { issuer: application.issuer, aadsts: null }, failure: null },
  clockAhead: 0,
  authorization: answer({}),
  withoutPkce: answer({}),
  registeredVariant: null
}
const facts: Facts = { now: 0, application, microsoft, credentials: [], token: null, manifest: null }
const found = (given: Partial<Facts>) => diagnose({ ...facts, ...given })
const ids = (given: Partial<Facts>): string[] => found(given).map(({ id }) => id)

t.test('of an application that nobody has asked Microsoft about, nothing is said that only Microsoft knows', async (t) => {
  t.same(ids({ microsoft: null }), [])
  t.same(checklist({ ...facts, microsoft: null }, []).filter(({ state }) => state === 'right').map(({ id }) => id), ['proxy'])
  t.equal(checklist({ ...facts, application: { ...application, trustsProxy: null } }, []).at(-1)!.state, 'unknown')
})

t.test('an authority that names no issuer, or another one, is none of ours', async (t) => {
  const named = (issuer: string | null, aadsts: number | null = null) => ids({ microsoft: { ...microsoft, configuration: { answer: { issuer, aadsts }, failure: null } } })
  t.same(named(null), ['authority_misbehaves'])
  t.same(named('https://login.example/{tenantid}/v2.0'), ['issuer_differs'])
  t.same(named(null, 90002), ['tenant_unknown'])
  t.same(ids({ microsoft: { ...microsoft, configuration: { answer: null, failure: { code: 'provider_error', reason: 'configuration_too_large' } } } }), ['authority_misbehaves'])
})

t.test('what Microsoft answers is told by its number, also by one that nobody knows', async (t) => {
  const said = (given: Partial<AuthorizationAnswer>) => found({ microsoft: { ...microsoft, authorization: answer(given) } })
  t.same(said({ aadsts: 65001 }), [])
  t.same(said({ aadsts: null }), [], 'sent back without a number')
  t.match(said({ aadsts: 90099, isSentBack: false }), [{ id: 'authorization_refused', seen: /AADSTS90099\.$/, remedy: /error\?code=90099/ }])
  t.match(said({ aadsts: 90038, isSentBack: false, known: { means: 'It is so.', remedy: 'Do this.' } }), [{ seen: /AADSTS90038\. It is so\./, remedy: 'Do this.' }])
  t.match(said({ aadsts: 9002327, isSentBack: false }), [{ id: 'platform_single_page' }])
  t.same(said({ aadsts: 50058, isSentBack: false }).map(({ id }) => id), ['authorization_refused'], 'a page is no way back')
  const none = { answer: null, failure: { code: 'provider_timeout', reason: 'authorization_timeout' } }
  t.same(ids({ microsoft: { ...microsoft, authorization: none, withoutPkce: none } }), [])
})

t.test('how long a credential lasts is told in days, and each credential by itself', async (t) => {
  const day = 86_400_000
  const credential = (given: Partial<CredentialFacts>): CredentialFacts => ({ name: 'spring', kind: 'secret', expiresAt: null, outcome: 'accepted', aadsts: null, remedy: null, ...given })
  const said = (...given: Array<Partial<CredentialFacts>>) => found({ credentials: given.map(credential) }).map(({ id, seen }) => `${id}: ${seen}`)
  t.same(said({ expiresAt: 61 * day }), [])
  t.match(said({ expiresAt: 60 * day }), [/credential_expiring: .* ends in 60 days, on 1970-03-02/])
  t.match(said({ expiresAt: day }), [/ends in 1 day, /])
  t.match(said({ expiresAt: -1 }), [/credential_expired: .* has expired on 1969-12-31/])
  t.match(said({ name: 'a', outcome: 'refused' }, { name: 'b', outcome: 'refused' }), [/credential_refused: .* "a"\./, /credential_refused: .* "b"\./])
  t.match(found({ credentials: [credential({ outcome: 'unusable' })] }), [{ id: 'credential_unusable', remedy: 'Look at what it asks.' }])
  t.same(checklist({ ...facts, credentials: [credential({ outcome: 'unknown' })] }, []).find(({ id }) => id === 'credentials')!.state, 'unknown')
})

t.test('a manifest is read in both of its formats', async (t) => {
  const older = readManifest({
    appId: application.clientId.toUpperCase(),
    signInAudience: 'AzureADMyOrg',
    acceptMappedClaims: true,
    replyUrlsWithType: [{ url: 'https://app.example/callback/', type: 'Web' }, { url: 'https://app.example/', type: 'Spa' }],
    logoutUrl: 'https://app.example/logout',
    oauth2AllowIdTokenImplicitFlow: true,
    optionalClaims: { idToken: [{ name: 'email' }, { name: 'xms_edov' }, {}] },
    passwordCredentials: [{ endDate: '1970-01-02T00:00:00Z' }, { endDateTime: 'soon' }, {}],
    keyCredentials: 'none'
  })!
  t.match(older, { clientId: application.clientId, isMultiTenant: false, acceptsMappedClaims: true, removesUnverifiedEmail: null, idTokenClaims: ['email', 'xms_edov'], hasImplicitGrant: true, credentials: [{ name: 'credential 1', expiresAt: 86_400_000 }] })
  t.same(ids({ manifest: older, application: { ...application, frontChannelLogoutUrl: 'https://app.example/logout' } }), [
    'registration_single_tenant', 'redirect_url_differs', 'credential_expiring', 'mapped_claims_accepted', 'implicit_grant_on', 'claims_missing'
  ])
  t.match(found({ manifest: older, application: { ...application, isMultiTenant: false } }).filter(({ id }) => id === 'mapped_claims_accepted'), [{ severity: 'warning' }], 'of a single tenant it is a warning')
  for (const other of [null, [], 'appId', {}, { optionalclaims: {} }]) t.equal(readManifest(other), null)
  const bare = readManifest({ optionalClaims: null })!
  t.same(ids({ manifest: bare }), ['redirect_url_unregistered', 'email_missing', 'claims_missing'])
  t.same(ids({ manifest: readManifest({ appId: application.clientId, spa: { redirectUris: [application.redirectUri] }, optionalClaims: { idToken: ['email', 'sid', 'login_hint', 'auth_time', 'xms_edov'].map((name) => ({ name })) } }) }), ['platform_single_page'])
  t.match(found({ manifest: readManifest({ api: { acceptMappedClaims: true }, signInAudience: 1 }) }).find(({ id }) => id === 'mapped_claims_accepted'), { severity: 'error' }, 'whom it is for, the options say then')
})

t.test('what was asked for and has not come is told otherwise than what nobody asked for', async (t) => {
  const manifest = readManifest({ web: { redirectUris: [application.redirectUri] }, optionalClaims: { idToken: ['email', 'xms_edov', 'sid', 'login_hint', 'auth_time'].map((name) => ({ name })) } })
  const token = (claims: Record<string, unknown>, isPersonal = false): Facts['token'] => ({ claims: { sid: 'a', login_hint: 'a', auth_time: 1, ...claims }, isPersonal, refusal: null })
  t.match(found({ manifest, token: token({}) }), [{ id: 'email_missing', remedy: /this account has no address/ }])
  t.match(found({ manifest, token: token({ email: 'a@b.example' }) }), [{ id: 'xms_edov_missing', remedy: /asks for it already/ }])
  const email = { threshold: 50, emailSources: ['upn', 'email'] as const, strictEdov: false, tenantDomains: {} }
  const upn = { ...application, email }
  t.same(ids({ application: upn, token: token({ upn: 'a@b.example', acct: 0 }) }), [])
  t.same(ids({ application: upn, token: token({ email: 'a@b.example', xms_edov: true }, true) }), [], 'a personal account has neither upn nor acct')
  t.same(ids({ application: { ...application, email: { ...email, emailSources: ['email'], tenantDomains: { x: ['b.example'] } } }, token: token({ email: 'a@b.example', xms_edov: true }) }), ['claims_missing'])
  t.same(ids({ token: { ...token({ email: 'a@b.example', xms_edov: true })!, refusal: { code: 'invalid_token', reason: 'exp' } } }), ['token_refused'])
})

t.test('merging is warned of only where people of many tenants may sign in', async (t) => {
  const linking = { use_email_as_identifier: true, allow_email_account_merge: true, verify_email: false, requireVerifiedEmail: false, allowSignup: true, endSessionsOnMerge: true }
  const email = { threshold: 90, emailSources: ['email'] as const, strictEdov: false, tenantDomains: {} }
  const merging = { ...application, linking, email }
  t.same(ids({ application: merging }), ['merge_unproven'])
  t.same(ids({ application: { ...merging, isMultiTenant: false } }), [])
  const claims = { email: 'a@b.example', sid: 'a', login_hint: 'a', auth_time: 1 }
  t.same(ids({ application: merging, token: { claims: { ...claims, xms_edov: true }, isPersonal: false, refusal: null } }), [], 'a proof has arrived')
  t.same(ids({ application: merging, token: { claims, isPersonal: false, refusal: null } }), ['xms_edov_missing', 'merge_unproven'])
  const manifest = readManifest({ web: { redirectUris: [application.redirectUri] }, optionalClaims: { idToken: ['email', 'xms_edov', 'sid', 'login_hint', 'auth_time'].map((name) => ({ name })) } })
  t.same(ids({ application: merging, manifest }), [], 'it is asked for')
  t.same(ids({ application: { ...merging, linking: { ...linking, verify_email: true } } }), [])
  t.same(ids({ application: { ...merging, email: { ...email, tenantDomains: { x: ['b.example'] } } } }), [])
  t.same(ids({ application: { ...merging, email: { ...email, threshold: 50 } } }), [], 'without the sign-in name nothing scores as low')
})

t.test('the spellings that are tried are the mistakes that people make', async (t) => {
  t.same(spellingsOf('http://localhost:3000/Callback'), ['http://localhost:3000/Callback/', 'https://localhost:3000/Callback', 'http://127.0.0.1:3000/Callback', 'http://localhost:3000/callback'])
  t.same(spellingsOf('https://www.app.example/callback/'), ['https://www.app.example/callback', 'http://www.app.example/callback/', 'https://app.example/callback/'])
})

t.test('each decision is said in a sentence', async (t) => {
  const user = { id: 'a', displayName: null, createdAt: 0, disabledAt: null }
  t.match(forecastOf('now', { row: 'A4', action: 'keep', user }), { title: 'As the store is now', row: 'A4', action: 'keep', code: null, sentence: /linked already/ })
  t.match(forecastOf('new', { row: 'D3', action: 'attach', user, address: 'confirm', endSessions: true }), { sentence: /merged/ })
  t.match(forecastOf('new', { row: 'E1', action: 'attach', user, address: 'add', endSessions: false }), { sentence: /attached to a user who was there before/ })
  t.match(forecastOf('new', { row: 'F', action: 'refuse', code: 'signup_disabled' }), { code: 'signup_disabled', sentence: /refused: signup_disabled/ })
})
