import { X509Certificate } from 'node:crypto'
import { type AuthenticationResult, type AuthorizationCodeRequest, type Configuration, ConfidentialClientApplication, CryptoProvider, type NodeAuthOptions } from '@azure/msal-node'
import t, { type Test } from 'tap'
import { createSimulator, type Simulator, type SimulatorOptions } from '../../plugins/simulator.ts'
import { consumersTenantId } from '../../src/simulator/tenants.ts'
import { makeCertificate, type TestCertificate } from '../credentials/certificates.ts'
import { takesLong } from '../patient.ts'
import { startSimulatedMicrosoft } from '../servers/simulated-microsoft.ts'
import { pickAccount } from './pick-account.ts'
import { trustedTls } from './tls.ts'

takesLong()

const redirectUri = 'https://app.example/callback'
const contoso = '62d81b84-3105-40cb-979d-5dd0aafa28d9'
const scopes = ['User.Read']

/** Microsoft's own library as a client of a simulator. */
interface MsalWorld {
  readonly simulator: Simulator
  /** What the library asks the simulator's pages by. */
  readonly fetch: typeof globalThis.fetch
  readonly client: (auth?: Partial<NodeAuthOptions>) => ConfidentialClientApplication
}

/** Over TLS on this machine, with the library's own HTTP client. */
async function overTls (t: Test, options: SimulatorOptions = {}): Promise<MsalWorld> {
  const { authority, simulator } = await startSimulatedMicrosoft(t, { redirectUris: [redirectUri], ...options }, trustedTls())
  return {
    simulator,
    fetch: globalThis.fetch,
    client: (auth) => createClient(simulator, {}, { authority: `${authority}/common`, knownAuthorities: [new URL(authority).host], ...auth })
  }
}

/** At Microsoft's real URLs, which the simulator answers in this process. */
function atRealUrls (t: Test): MsalWorld & { readonly asked: string[] } {
  const simulator = createSimulator({ redirectUris: [redirectUri] })
  t.teardown(async () => await simulator.close())
  const asked: string[] = []
  const send = (method: string) => async <Body>(url: string, options: { headers?: Record<string, string>, body?: string } = {}) => {
    asked.push(url)
    const answer = await simulator.fetch(url, { method, ...options })
    return { headers: Object.fromEntries(answer.headers), body: await answer.json() as Body, status: answer.status }
  }
  const system = { networkClient: { sendGetRequestAsync: send('GET'), sendPostRequestAsync: send('POST') } }
  return { simulator, asked, fetch: simulator.fetch, client: (auth) => createClient(simulator, system, auth) }
}

function createClient ({ clientId, clientSecret }: Simulator, system: Configuration['system'] & {}, auth: Partial<NodeAuthOptions> = {}): ConfidentialClientApplication {
  // Retries would hide an answer that is wrong once.
  return new ConfidentialClientApplication({ auth: { clientId, ...(auth.clientCertificate === undefined ? { clientSecret } : {}), ...auth }, system: { disableInternalRetries: true, ...system } })
}

/** Signs somebody in with a code, PKCE, state and nonce, the way the library's documents say. */
async function signIn (
  { fetch }: MsalWorld, client: ConfidentialClientApplication, account: string, change: Partial<AuthorizationCodeRequest> = {}
): Promise<AuthenticationResult> {
  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes()
  const asked = { scopes, redirectUri, state: 'the-state', nonce: 'the-nonce' }
  const url = await client.getAuthCodeUrl({ ...asked, codeChallenge: challenge, codeChallengeMethod: 'S256' })
  const { code, ...answer } = Object.fromEntries((await pickAccount(url, account, fetch)).searchParams)
  return await client.acquireTokenByCode({ ...asked, code: code!, codeVerifier: verifier, ...change }, { ...answer, code: code! })
}

t.test('Microsoft\'s own library signs in over TLS: code with PKCE and secret, then silently, then by refresh token', async (t) => {
  const world = await overTls(t)
  const { simulator } = world
  const client = world.client()
  const ada = simulator.accounts.find(({ key }) => key === 'ada')!
  const result = await signIn(world, client, 'ada')
  t.match(result, {
    authority: `${simulator.base}/common/`,
    tenantId: ada.tid,
    scopes: ['User.Read', 'openid', 'profile'],
    fromCache: false,
    tokenType: 'Bearer',
    account: { homeAccountId: `${ada.oid}.${ada.tid}`, localAccountId: ada.oid, tenantId: ada.tid, username: ada.username, name: ada.name, environment: new URL(simulator.base).host },
    idTokenClaims: { aud: simulator.clientId, iss: `${simulator.base}/${ada.tid}/v2.0`, nonce: 'the-nonce', oid: ada.oid, tid: ada.tid, ver: '2.0' }
  })
  t.equal(simulator.requests.discovery, 1)

  const account = result.account!
  t.equal((await client.acquireTokenSilent({ account, scopes })).fromCache, true)
  t.equal(simulator.requests.token, 1, 'what is in its cache is not asked for')
  const refreshed = await client.acquireTokenSilent({ account, scopes, forceRefresh: true })
  t.match(refreshed, { fromCache: false, account: { homeAccountId: account.homeAccountId }, idTokenClaims: { oid: ada.oid } })
  t.not(refreshed.accessToken, result.accessToken)
  t.equal(simulator.requests.token, 2)

  const [{ secret }] = Object.values((JSON.parse(client.getTokenCache().serialize()) as { RefreshToken: Record<string, { secret: string }> }).RefreshToken) as [{ secret: string }]
  const migrated = await world.client().acquireTokenByRefreshToken({ refreshToken: secret, scopes })
  t.match(migrated, { account: { homeAccountId: account.homeAccountId }, idTokenClaims: { oid: ada.oid } })
  t.equal(simulator.requests.token, 3)
})

t.test('it signs in with a certificate, and refreshes, where the simulator has that certificate and no other', async (t) => {
  const [own, others] = [makeCertificate('own'), makeCertificate('others')]
  const world = await overTls(t, { certificates: [own.certificate] })
  const by = ({ certificate, privateKey }: TestCertificate): ConfidentialClientApplication =>
    world.client({ clientCertificate: { thumbprintSha256: new X509Certificate(certificate).fingerprint256.replaceAll(':', ''), privateKey } })
  const client = by(own)
  const { account, idTokenClaims } = await signIn(world, client, 'ada')
  t.match(idTokenClaims, { tid: contoso, nonce: 'the-nonce' })
  t.equal((await client.acquireTokenSilent({ account: account!, scopes, forceRefresh: true })).fromCache, false)
  await t.rejects(signIn(world, by(others), 'ada'), { name: 'ServerError', errorCode: 'invalid_client', errorNo: 700027 }, 'a certificate that is not registered')
  await t.rejects(signIn(world, by({ ...own, privateKey: others.privateKey }), 'ada'), { name: 'ServerError', errorCode: 'invalid_client', errorNo: 700027 }, 'a foreign key')
})

t.test('what Microsoft refuses the simulator refuses, in a form that the library understands', async (t) => {
  const world = await overTls(t)
  const client = world.client()
  const { verifier } = await new CryptoProvider().generatePkceCodes()
  await t.rejects(signIn(world, client, 'ada', { codeVerifier: verifier }), { name: 'ServerError', errorCode: 'invalid_grant', errorNo: 501481 }, 'a foreign verifier')
  await t.rejects(signIn(world, client, 'ada', { redirectUri: 'https://app.example/other' }), { name: 'ServerError', errorCode: 'invalid_client', errorNo: 500112 }, 'another redirect URI')
  await t.rejects(signIn(world, client, 'ada', { nonce: 'another' }), { name: 'ClientAuthError', errorCode: 'nonce_mismatch' }, 'a foreign nonce')
  await t.rejects(signIn(world, world.client({ clientSecret: 'not-the-secret' }), 'ada'), { name: 'ServerError', errorCode: 'invalid_client', errorNo: 7000215 }, 'a wrong secret')
  await t.rejects(client.acquireTokenByRefreshToken({ refreshToken: 'made-up', scopes }), { name: 'ServerError', errorCode: 'invalid_grant', errorNo: 9002313 }, 'a made-up refresh token')
  t.ok((await signIn(world, client, 'ada')).account, 'and the right ones hold')
})

t.test('at Microsoft\'s real URLs it signs in for each kind of tenant, and asks for nothing that the simulator lacks', async (t) => {
  for (const [tenant, account, tid] of [
    ['common', 'ada', contoso], ['common', 'pat', consumersTenantId], ['organizations', 'ada', contoso], ['consumers', 'pat', consumersTenantId], [contoso, 'ada', contoso], ['contoso.example', 'ada', contoso]
  ] as const) {
    const world = atRealUrls(t)
    const client = world.client({ authority: `https://login.microsoftonline.com/${tenant}`, clientCapabilities: ['CP1'] })
    const result = await signIn(world, client, account)
    t.match(result, { tenantId: tid, account: { environment: 'login.windows.net', tenantId: tid } }, `${tenant}, ${account}`)
    const refreshed = await client.acquireTokenSilent({ account: result.account!, scopes, forceRefresh: true })
    t.equal(refreshed.tenantId, tid)
    t.same(world.asked.map((url) => new URL(url).pathname.split('/').slice(2).join('/')), ['oauth2/v2.0/token', 'oauth2/v2.0/token'])
  }
})
