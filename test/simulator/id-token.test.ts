import { readFileSync } from 'node:fs'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JWTPayload } from 'jose'
import t from 'tap'
import { publicCloud } from '../../src/core/authority.ts'
import { builtInAccounts } from '../../src/simulator/accounts.ts'
import { createDirectory } from '../../src/simulator/directory.ts'
import { builtInTenants } from '../../src/simulator/tenants.ts'
import type { Application, Claims } from '../../src/simulator/types.ts'
import { carried, type Fields, form, otherApp, simulate, type Simulated, startOfTime, webApp } from './simulated.ts'

const recorded = JSON.parse(readFileSync(new URL('../fixtures/recorded-answers.json', import.meta.url), 'utf8'))

async function rawToken (simulated: Simulated, account: string, parameters: Fields = {}, claims: Claims = {}, client: Fields = {}): Promise<string> {
  const code = await simulated.code(account, { ...parameters, ...client })
  simulated.engine.setClaimsOfCode(code, claims)
  return JSON.parse((await simulated.redeem({ code, ...client })).body).id_token
}

async function claimsOf (simulated: Simulated, account: string, parameters?: Fields, claims?: Claims, client?: Fields): Promise<JWTPayload> {
  const token = await rawToken(simulated, account, parameters, claims, client)
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
}

t.test('a token has the claims that were seen in a genuine one', async (t) => {
  const claims = await claimsOf(simulate(), 'noel')
  t.strictSame(Object.keys(claims).sort(), [...recorded.id_token_claims_seen_in_a_genuine_v2_token].sort())
  const { contoso } = builtInTenants
  t.match(claims, {
    aud: webApp.clientId,
    iss: `${publicCloud}/${contoso.id}/v2.0`,
    tid: contoso.id,
    oid: '2ae11f52-8202-42bb-bef1-d10aa57e12a6',
    nonce: 'the-nonce',
    name: 'Noel Nomail',
    preferred_username: 'noel@contoso.example',
    ver: '2.0'
  })
})

t.test('a token lives as long as a recorded one, and ends an hour from now', async (t) => {
  const { iat, nbf, exp } = await claimsOf(simulate(), 'ada')
  t.equal(exp! - iat!, recorded.token_request_lifetime_of_id_token_seconds)
  t.equal(nbf, iat)
  t.equal(exp, startOfTime / 1000 + 3600)
})

t.test('a token is signed with the published key of its tenant, and no other', async (t) => {
  const simulated = simulate()
  const currentDate = new Date(startOfTime)
  const keySet = async (tenant: string) => createLocalJWKSet(JSON.parse((await simulated.send('keys', { tenant })).body))
  for (const [account, right, wrong] of [['ada', 'contoso.example', 'consumers'], ['pat', 'consumers', 'contoso.example']] as const) {
    const token = await rawToken(simulated, account)
    t.strictSame(Object.keys(decodeProtectedHeader(token)).sort(), ['alg', 'kid', 'typ'])
    for (const tenant of ['common', 'organizations', right]) {
      const { payload } = await jwtVerify(token, await keySet(tenant), { algorithms: ['RS256'], typ: 'JWT', currentDate, audience: webApp.clientId })
      const { kid } = decodeProtectedHeader(token)
      const published = JSON.parse((await simulated.send('keys', { tenant })).body).keys.find((key: { kid: string }) => key.kid === kid)
      t.equal(published.issuer.replace('{tenantid}', payload.tid), payload.iss, `${account} at ${tenant}`)
    }
    await t.rejects(jwtVerify(token, await keySet(wrong), { currentDate }), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  }
})

t.test('the same person is another subject at another application, and the same one after a restart', async (t) => {
  const simulated = simulate()
  const here = (await claimsOf(simulated, 'ada')).sub
  t.equal((await claimsOf(simulate(), 'ada')).sub, here)
  t.not((await claimsOf(simulated, 'ada', {}, {}, { client_id: otherApp.clientId })).sub, here)
  t.not((await claimsOf(simulated, 'udo')).sub, here)
})

t.test('without the scope profile there is no oid and no name', async (t) => {
  const claims = await claimsOf(simulate(), 'ada', { scope: 'openid email' })
  for (const name of ['oid', 'name', 'preferred_username']) t.notOk(name in claims, name)
  t.ok(claims.sub)
})

t.test('the e-mail claim comes with the scope or as an optional claim; xms_edov only as one', async (t) => {
  const bare: Application = { ...webApp, optionalClaims: new Set() }
  const withScope = await claimsOf(simulate({ applications: [bare] }), 'ada')
  t.equal(withScope.email, 'ada@contoso.example')
  t.notOk('xms_edov' in withScope)
  t.notOk('upn' in withScope)
  t.notOk('email' in await claimsOf(simulate({ applications: [bare] }), 'ada', { scope: 'openid profile' }))
  t.match(await claimsOf(simulate(), 'ada', { scope: 'openid profile' }), { email: 'ada@contoso.example', xms_edov: true })
})

t.test('what nobody has to ask for comes unasked: idp, and what a mapping policy adds', async (t) => {
  const bare: Application = { ...webApp, optionalClaims: new Set() }
  t.ok((await claimsOf(simulate({ applications: [bare] }), 'grace')).idp)
  t.equal((await claimsOf(simulate({ applications: [bare] }), 'mallory-mapped')).email_verified, true)
})

t.test('without a nonce in the request there is none in the token, and never an at_hash', async (t) => {
  const claims = await claimsOf(simulate(), 'ada', { nonce: undefined })
  t.notOk('nonce' in claims)
  t.notOk('at_hash' in claims)
})

t.test('the accounts show each thing that a token can say about an address', async (t) => {
  const simulated = simulate()
  const said = async (account: string) => {
    const { email, upn, xms_edov: edov, acct, verified_primary_email: primary, email_verified: injected } = await claimsOf(simulated, account)
    return { email, upn, edov, acct, primary, injected }
  }
  const none = { email: undefined, upn: undefined, edov: undefined, acct: undefined, primary: undefined, injected: undefined }
  const ada = 'ada@contoso.example'
  t.strictSame(await said('ada'), { ...none, email: ada, upn: ada, edov: true, acct: 0 })
  t.strictSame(await said('pat'), { ...none, email: 'pat@outlook.example', edov: '1' })
  t.strictSame(await said('ada-home'), { ...none, email: ada, edov: '1' })
  t.strictSame(await said('grace'), { ...none, email: 'grace@fabrikam.example', upn: 'grace_fabrikam.example#EXT#@contoso.onmicrosoft.com', acct: 1 })
  t.strictSame(await said('noel'), none)
  t.strictSame(await said('dora'), { ...none, email: 'dora@partner.example', edov: false, acct: 0 })
  t.strictSame(await said('amir'), { ...none, email: 'amir@contoso.example', acct: 0 })
  t.strictSame(await said('vera'), { ...none, email: 'vera@contoso.example', primary: ['vera@contoso.example'], acct: 0 })
  t.strictSame(await said('udo'), { ...none, upn: 'udo@contoso.example', acct: 0 })
  t.strictSame(await said('olga'), { ...none, upn: 'olga@contoso.onmicrosoft.com', acct: 0 })
  t.strictSame(await said('adam'), { ...none, email: ada, edov: true, acct: 0 })
  t.strictSame(await said('mallory'), { ...none, email: ada, acct: 0 })
  t.strictSame(await said('mallory-denied'), { ...none, email: ada, edov: false, acct: 0 })
  t.strictSame(await said('mallory-mapped'), { ...none, email: ada, acct: 0, injected: true })
  t.equal((carried(await simulated.authorize({}, form({ simulator_account: 'carl' })))).error, 'access_denied')
})

t.test('every e-mail address of the accounts is in a domain reserved for examples', async (t) => {
  for (const { key, claims, username } of builtInAccounts) {
    for (const address of [claims.email ?? username, ...(claims.verified_primary_email ?? []) as string[]]) {
      if (key !== 'olga') t.match(address, /\.example$/, key)
    }
  }
})

t.test('the newcomer with the recycled address is somebody else of the same tenant; the attacker is of another', async (t) => {
  const simulated = simulate()
  const [ada, adam, mallory] = [await claimsOf(simulated, 'ada'), await claimsOf(simulated, 'adam'), await claimsOf(simulated, 'mallory')]
  t.equal(adam.email, ada.email)
  t.equal(adam.tid, ada.tid)
  t.not(adam.oid, ada.oid)
  t.equal(mallory.email, ada.email)
  t.not(mallory.tid, ada.tid)
})

t.test('claims can be changed while it runs, for an account and for one sign-in', async (t) => {
  const simulated = simulate()
  const { engine } = simulated
  t.equal((await claimsOf(simulated, 'ada', {}, { xms_edov: false })).xms_edov, false)
  t.equal((await claimsOf(simulated, 'ada')).xms_edov, true, 'only that one')
  t.notOk('email' in await claimsOf(simulated, 'ada', {}, { email: undefined }), 'undefined takes one away')
  t.ok(engine.setClaims('ada', { xms_edov: 'yes', upn: undefined }))
  t.equal((await claimsOf(simulated, 'ada')).xms_edov, 'yes')
  t.notOk('upn' in await claimsOf(simulated, 'ada'))
  t.equal((await claimsOf(simulate(), 'ada')).xms_edov, true, 'another simulator is not touched')
  t.notOk(engine.setClaims('nobody', {}))
  t.doesNotThrow(() => engine.setClaimsOfCode('unknown', { xms_edov: false }))
})

t.test('any claim can be made wrong, those that a token always has as well', async (t) => {
  const hostile = JSON.parse('{ "__proto__": { "xms_edov": true }, "tid": "common", "exp": "soon" }')
  const claims = await claimsOf(simulate(), 'ada', {}, { ...hostile, sub: undefined })
  t.equal(claims.tid, 'common')
  t.equal(claims.exp, 'soon')
  t.notOk(Object.hasOwn(claims, 'sub'))
  t.ok(Object.hasOwn(claims, '__proto__'), 'as it was given')
})

t.test('keys, tenants and ids of the built-in accounts are each of a kind', async (t) => {
  t.equal(new Set(builtInAccounts.map(({ key }) => key)).size, builtInAccounts.length)
  t.equal(new Set(builtInAccounts.map(({ oid }) => oid)).size, builtInAccounts.length)
  const directory = createDirectory(Object.values(builtInTenants), builtInAccounts)
  for (const { key, tid, shows } of builtInAccounts) {
    t.ok(directory.findTenant(tid), key)
    t.match(shows, /^[^\n]+\.$/, key)
  }
})
