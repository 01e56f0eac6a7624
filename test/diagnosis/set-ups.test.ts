import t from 'tap'
import { diagnose } from '../../src/diagnosis/diagnose.ts'
import { checklist } from '../../src/diagnosis/checklist.ts'
import type { FindingId } from '../../src/diagnosis/types.ts'
import { gatherFacts } from '../../plugins/diagnosis/facts.ts'
import { makeCertificate } from '../credentials/certificates.ts'
import { httpsApp } from '../plugins/app.ts'
import { factsOf, findingsOf, type SetUp } from './set-up.ts'

const contoso = '62d81b84-3105-40cb-979d-5dd0aafa28d9'
const day = 86_400_000
const now = Date.UTC(2021, 10, 22)
const callback = '/auth/microsoft/callback'
const federated = async (): Promise<string> => `${Buffer.from('{"alg":"RS256","typ":"JWT"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss: 'https://somebody.example', sub: 'a', aud: 'api://AzureADTokenExchange', exp: now / 1_000 + 600, iat: now / 1_000 })).toString('base64url')}.AAAA`

const withOptions = (options: SetUp['options']): SetUp => ({ options: options! })
const withRegistration = (simulator: NonNullable<SetUp['setting']>['simulator']): SetUp => ({ setting: { simulator: simulator! } })
const certificateOf = (name: string): { certificate: string, privateKey: string } => {
  const { certificate, privateKey } = makeCertificate(name)
  return { certificate, privateKey }
}
const offline: typeof fetch = async () => { throw new TypeError('fetch failed') }
const stranger: typeof fetch = async () => new Response('<h1>Sign in to the hotel network</h1>', { status: 200 })

/** Each is one thing set wrong, by what it is. */
const wrongSetUps: Readonly<Record<string, readonly [setUp: SetUp, ...finds: FindingId[]]>> = {
  // What Microsoft answers.
  'the authority cannot be reached': [withOptions({ environment: { fetch: offline } }), 'authority_unreachable'],
  'something else answers in its place': [withOptions({ environment: { fetch: stranger } }), 'authority_misbehaves', 'authorization_refused'],
  'the tenant does not exist': [withOptions({ tenant: '11111111-2222-4333-8444-555555555555' }), 'tenant_unknown', 'authorization_refused'],
  'the clock of this machine is ten minutes slow': [withOptions({ environment: { now: () => now - 600_000 } }), 'clock_wrong'],
  'the clock of this machine is ten minutes fast': [withOptions({ environment: { now: () => now + 600_000 } }), 'clock_wrong'],
  'the client id is another one': [withOptions({ clientId: '11111111-2222-4333-8444-555555555555' }), 'client_unknown'],
  'the registration is for one tenant, and everybody is asked': [withRegistration({ signInAudience: 'AzureADMyOrg', tenantId: contoso }), 'registration_single_tenant'],
  'the registration is for one tenant, and another is asked': [{ ...withOptions({ tenant: '1f469396-f6bc-4ba3-b8f8-ac48d1228f65' }), ...withRegistration({ signInAudience: 'AzureADMyOrg', tenantId: contoso }) }, 'client_unknown'],
  'the registration is for personal accounts only': [withRegistration({ signInAudience: 'PersonalMicrosoftAccount' }), 'registration_personal_only'],
  'the registration is for organisations, and personal accounts are asked': [{ ...withOptions({ tenant: 'consumers' }), ...withRegistration({ signInAudience: 'AzureADMultipleOrgs' }) }, 'registration_work_only'],
  'no redirect URL is registered': [withRegistration({ redirectUris: [] }), 'redirect_url_unregistered'],
  'the redirect URL differs by a slash': [withRegistration({ redirectUris: [`https://app.example${callback}/`] }), 'redirect_url_differs'],
  'the redirect URL differs by its scheme': [withRegistration({ redirectUris: [`http://app.example${callback}`] }), 'redirect_url_differs'],
  'the redirect URL differs by www': [withRegistration({ redirectUris: [`https://www.app.example${callback}`] }), 'redirect_url_differs'],
  'the redirect URL differs by letter case': [{ ...withOptions({ callbackPath: '/Auth/Callback' }), ...withRegistration({ redirectUris: ['https://app.example/auth/callback'] }) }, 'redirect_url_differs'],
  'the platform is Single-page application': [withRegistration({ platform: 'spa' }), 'platform_single_page'],
  'a scope is none': [withOptions({ scopes: ['openid', 'profile', 'emial'] }), 'authorization_refused'],

  // The credentials.
  'the secret is wrong': [withOptions({ clientSecret: 'not-the-right-secret' }), 'secret_wrong'],
  'the secret has expired': [{ ...withOptions({ clientSecret: 'an-expired-secret' }), ...withRegistration({ clientSecrets: [{ value: 'an-expired-secret', expiresAt: now - day }] }) }, 'credential_expired'],
  'the secret ends soon, by the options': [{ ...withOptions({ clientSecret: undefined, credentials: [{ secret: 'a-secret-of-ours', expiresAt: new Date(now + 20 * day) }] }), ...withRegistration({ clientSecret: 'a-secret-of-ours' }) }, 'credential_expiring'],
  'the secret ends soon, by the manifest': [{ ...withRegistration({ clientSecrets: [{ value: 'another-secret', expiresAt: now + day }] }), manifest: true }, 'credential_expiring'],
  'a certificate is not registered': [withOptions({ clientSecret: undefined, credentials: [certificateOf('unregistered')] }), 'credential_refused'],
  'a federated token is of an issuer that is not registered': [withOptions({ clientSecret: undefined, credentials: [{ federated }] }), 'credential_refused'],
  'a federated credential gives nothing': [withOptions({ clientSecret: undefined, credentials: [{ federated: () => { throw new Error('secret-cause') } }] }), 'credential_unusable'],

  // What arrives.
  'xms_edov is not asked for': [{ ...withRegistration({ optionalClaims: ['acct', 'auth_time', 'email', 'login_hint', 'sid', 'upn'] }), account: 'ada' }, 'xms_edov_missing'],
  'xms_edov is not in the manifest': [{ ...withRegistration({ optionalClaims: ['acct', 'auth_time', 'email', 'login_hint', 'sid', 'upn'] }), manifest: true }, 'xms_edov_missing'],
  'no address arrives': [{ account: 'noel' }, 'email_missing'],
  'the session claims are not asked for': [{ ...withRegistration({ optionalClaims: ['acct', 'email', 'upn', 'xms_edov'] }), account: 'ada' }, 'claims_missing'],
  'the sign-in name counts, and neither it nor acct is asked for': [{ ...withOptions({ emailSources: ['upn', 'email'] }), ...withRegistration({ optionalClaims: ['auth_time', 'email', 'login_hint', 'sid', 'xms_edov'] }), account: 'ada' }, 'claims_missing'],
  'addresses are sent that Microsoft denies': [{ ...withRegistration({ removeUnverifiedEmailClaim: false }), account: 'dora' }, 'unverified_email_kept'],
  'addresses may be sent that Microsoft denies, by the manifest': [{ ...withRegistration({ removeUnverifiedEmailClaim: false }), manifest: true }, 'unverified_email_kept'],
  'a tenant has written claims into the token': [{ ...withRegistration({ acceptMappedClaims: true, removeUnverifiedEmailClaim: false }), account: 'mallory-mapped' }, 'xms_edov_missing', 'mapped_claims_arrive'],

  // The manifest.
  'mapped claims are accepted from any tenant': [{ ...withRegistration({ acceptMappedClaims: true }), manifest: true }, 'mapped_claims_accepted'],
  'the manifest is of another application': [{ manifest: (manifest) => ({ ...manifest, appId: '11111111-2222-4333-8444-555555555555' }) }, 'manifest_of_another'],
  'the front-channel logout URL is not registered': [{ manifest: (manifest) => ({ ...manifest, web: { ...manifest.web as object, logoutUrl: null } }) }, 'logout_url_differs'],
  'the front-channel logout URL is another one': [{ manifest: (manifest) => ({ ...manifest, web: { ...manifest.web as object, logoutUrl: 'https://app.example/logout' } }) }, 'logout_url_differs'],
  'the implicit grant is on': [{ manifest: (manifest) => ({ ...manifest, web: { ...manifest.web as object, implicitGrantSettings: { enableIdTokenIssuance: true } } }) }, 'implicit_grant_on'],
  'a redirect URL has an asterisk': [{ ...withRegistration({}), manifest: (manifest) => ({ ...manifest, spa: { redirectUris: ['https://*.app.example/'] } }) }, 'redirect_url_wildcard'],

  // The options, and where the server runs.
  'merging is on for everybody, without any proof': [withOptions({ use_email_as_identifier: true, allow_email_account_merge: true }), 'merge_unproven'],
  'merging is on for everybody, by sign-in names': [withOptions({ use_email_as_identifier: true, allow_email_account_merge: true, emailSources: ['upn'], threshold: 50 }), 'merge_on_sign_in_name'],
  'the proxy that ends TLS is not believed': [{ setting: { server: { trustProxy: false } } }, 'trust_proxy_missing']
}

t.test('each way in which a set-up is wrong is found, named, and has a remedy', async (t) => {
  for (const [what, [setUp, ...expected]] of Object.entries(wrongSetUps)) {
    const findings = await findingsOf(t, setUp)
    t.same(findings.map(({ id }) => id), expected, what)
    for (const { seen, why, remedy } of findings) t.ok([seen, why, remedy].every((text) => text.length > 15 && /[.)]$|https?:\S+$/.test(text)), `${what}: ${seen} ${why} ${remedy}`)
    t.notMatch(JSON.stringify(findings), /not-the-right-secret|an-expired-secret|a-secret-of-ours|secret-cause|PRIVATE/, 'no secret is shown')
  }
  t.ok(Object.keys(wrongSetUps).length >= 15)
})

t.test('of a right set-up nothing is reported, and all is known to be right', async (t) => {
  const right: SetUp[] = [
    { account: 'ada', manifest: true },
    { account: 'pat', manifest: true },
    { account: 'dora', manifest: true, options: { verify_email: true, use_email_as_identifier: true, mailer: async () => {} }, setting: { simulator: { removeUnverifiedEmailClaim: false } } },
    { account: 'ada', manifest: true, options: { tenant: contoso }, setting: { simulator: { signInAudience: 'AzureADMyOrg', tenantId: contoso } } },
    { account: 'ada', manifest: true, options: { tenant: 'contoso.example' } },
    { account: 'pat', manifest: true, options: { tenant: 'consumers' } },
    { account: 'ada', manifest: true, options: { clientSecret: undefined, credentials: [certificateOf('app')] }, setting: { simulator: { certificates: [certificateOf('app').certificate] } } },
    { account: 'ada', manifest: true, options: { use_email_as_identifier: true, allow_email_account_merge: true } }
  ]
  for (const setUp of right) {
    const facts = await factsOf(t, setUp)
    const findings = diagnose(facts)
    t.same(findings, [])
    t.same(checklist(facts, findings).filter(({ state }) => state !== 'right'), [])
  }
})

t.test('what cannot be seen is said to be unknown, and not to be right', async (t) => {
  const states = async (setUp: SetUp): Promise<Record<string, string>> => {
    const facts = await factsOf(t, setUp)
    return Object.fromEntries(checklist(facts, diagnose(facts)).map(({ id, state }) => [id, state]))
  }
  t.same(await states({}), {
    authority: 'right', clock: 'right', client: 'right', redirect_url: 'right', platform: 'right', credentials: 'right', claims: 'unknown', mapped_claims: 'unknown', proxy: 'right'
  })
  t.same(await states(withOptions({ environment: { fetch: offline } })), {
    authority: 'wrong', clock: 'unknown', client: 'unknown', redirect_url: 'unknown', platform: 'unknown', credentials: 'unknown', claims: 'unknown', mapped_claims: 'unknown', proxy: 'right'
  })
  t.match(await states(withRegistration({ redirectUris: [] })), { client: 'right', redirect_url: 'wrong', platform: 'unknown' })
})

t.test('to look at a set-up signs nobody in, redeems nothing, and is no failure of a credential', async (t) => {
  const test = await httpsApp(t, { clientSecret: 'not-the-right-secret' })
  const before = await test.rows([])
  const facts = await gatherFacts(test.app, { token: null, manifest: null, requestHost: null })
  t.equal(facts.credentials[0]!.outcome, 'refused')
  t.equal(await test.rows([]), before)
  t.notMatch(test.log(), /did not take a credential/)
  t.match(test.app.microsoft.credentials(), [{ state: 'ok', lastFailedAt: null }])
})
