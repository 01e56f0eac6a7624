import { generateKeyPairSync } from 'node:crypto'
import * as openid from 'openid-client'
import t, { type Test } from 'tap'
import { type ClientOptions } from '../../plugins/identity.ts'
import { afterLogout, answerOf, appOrigin, callback, clients, errorOf, goOn, redeem, secret, signInTo, type Site, startAuthorization, startSite, submit } from '../identity/site.ts'
import { takesLong } from '../patient.ts'
import { engines } from '../store/engines.ts'

takesLong()

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const signed: ClientOptions = {
  ...clients.basic,
  id: 'signed',
  name: 'Signed',
  authentication: 'private_key_jwt',
  secrets: undefined,
  jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' }] }
}

/** Each client type, with each way to authenticate that it has. */
async function kinds (site: Site): Promise<Record<string, { config: openid.Configuration, redirectUri: string, bye: string }>> {
  const key = await crypto.subtle.importKey('jwk', privateKey.export({ format: 'jwk' }), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  const web = { redirectUri: callback, bye: afterLogout }
  return {
    'a web app with client_secret_basic': { config: await site.discover('basic', openid.ClientSecretBasic(secret)), ...web },
    'a web app with client_secret_post': { config: await site.discover('post', openid.ClientSecretPost(secret)), ...web },
    'a web app with private_key_jwt': { config: await site.discover('signed', openid.PrivateKeyJwt({ key, kid: 'one' })), ...web },
    'a single-page app': { config: await site.discover('spa'), ...web },
    'a native app on a loopback port': { config: await site.discover('native'), redirectUri: 'http://127.0.0.1:45678/callback', bye: 'com.example.app:/bye' },
    'a native app with a scheme of its own': { config: await site.discover('native'), redirectUri: 'com.example.app:/callback', bye: 'com.example.app:/bye' }
  }
}

for (const { name: engine, newLocation } of engines) {
  t.test(`openid-client goes the whole way from the discovery URL alone, on ${engine}`, async (t) => {
    const site = await startSite(t, { entra: { database: await newLocation(t) }, identity: { clients: [...Object.values(clients), signed] } })
    for (const [name, kind] of Object.entries(await kinds(site))) await t.test(name, async (t) => await wholeWay(t, site, kind))
  })
}

async function wholeWay (t: Test, site: Site, { config, redirectUri, bye }: { config: openid.Configuration, redirectUri: string, bye: string }): Promise<void> {
  const browser = site.newBrowser()
  const started = await startAuthorization(config, { redirect_uri: redirectUri, scope: 'openid profile email offline_access' })
  const atMicrosoft = await browser.open(started.url, appOrigin)
  t.match(atMicrosoft.body, 'name="simulator_account"', 'who is not signed in is sent to Microsoft')
  const back = await goOn(browser, atMicrosoft)
  t.ok(back.url.startsWith(redirectUri), 'and back to the app')
  t.equal(answerOf(back).iss, site.issuer, 'the answer says whose it is (RFC 9207)')
  const tokens = await redeem(config, started, back.url)
  const { sub, aud, iss } = tokens.claims()!
  t.match({ aud, iss }, { aud: config.clientMetadata().client_id, iss: site.issuer })

  const me = JSON.parse((await browser.open(`${site.origin}/me`)).body)
  t.equal(sub, me.id, 'sub is the id of the user')
  t.same(await openid.fetchUserInfo(config, tokens.access_token, sub), {
    sub, name: 'Ada Lovelace', given_name: 'Ada', family_name: 'Lovelace', email: 'ada@contoso.example', email_verified: true
  })

  const again = await goOn(browser, await browser.open((await startAuthorization(config, { redirect_uri: redirectUri })).url, appOrigin))
  t.ok(answerOf(again).code, 'who is signed in is not asked again')

  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token!)
  t.equal(refreshed.claims()!.sub, sub)
  t.not(refreshed.refresh_token, tokens.refresh_token, 'refreshing gives another refresh token')
  await openid.tokenRevocation(config, refreshed.refresh_token!)
  t.equal(await errorOf(openid.refreshTokenGrant(config, refreshed.refresh_token!)), 'invalid_grant', 'a revoked one is worth nothing')
  t.equal(await errorOf(openid.fetchUserInfo(config, refreshed.access_token, sub)).then((error) => error !== null), true, 'nor is what came with it')

  const other = await signInTo(config, browser, { redirect_uri: redirectUri, scope: 'openid offline_access' })
  const question = await browser.open(openid.buildEndSessionUrl(config, { id_token_hint: other.id_token!, post_logout_redirect_uri: bye, state: 'after' }).href, appOrigin)
  t.match(question.body, 'Sign out?')
  const gone = await submit(browser, question, 'name="xsrf"', { logout: 'yes' })
  t.equal(gone.url, `${bye}?state=after`)
  t.equal((await browser.once(`${site.origin}/me`)).status, 303, 'signed out of the application as well')
  t.equal(await errorOf(openid.refreshTokenGrant(config, other.refresh_token!)), 'invalid_grant', 'and the app is out')
}
