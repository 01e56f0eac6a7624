import t from 'tap'
import { authorityOf, publicCloud } from '../../src/core/authority.ts'
import { probeCredentials, probeMicrosoft, type Probe } from '../../src/diagnosis/probe.ts'
import type { ClientCredential } from '../../src/credentials/types.ts'
import { trustsProxy } from '../../plugins/diagnosis/trusts-proxy.ts'

const now = Date.UTC(2021, 10, 22)

/** Asks somebody who answers each request alike. */
function probe (answer: () => Response): Probe {
  return {
    authority: authorityOf(publicCloud),
    tenant: 'common',
    clientId: '11111111-2222-4333-8444-555555555555',
    redirectUri: 'https://app.example/callback',
    scopes: ['openid'],
    environment: { now: () => now, randomBytes: (size) => Buffer.alloc(size), fetch: async () => answer(), limits: { timeout: 1_000, size: 1_000 } },
    know: () => undefined,
    credentialRemedy: () => null
  }
}

const credential: ClientCredential = { name: 'secret 1', kind: 'secret', notBefore: null, expiresAt: null, authenticate: async () => ({ client_secret: 'a-client-secret' }) }
const outcomeAt = async (body: unknown) => (await probeCredentials(probe(() => Response.json(body, { status: 400 })), [credential]))[0]!

t.test('an answer that says nothing is a fact as well', async (t) => {
  const silent = probe(() => new Response('{}', { status: 404 }))
  t.match(await probeMicrosoft(silent), { configuration: { answer: { issuer: null, aadsts: null } }, clockAhead: null, authorization: { failure: { reason: 'authorization_status_404' } } })
  const dated = await probeMicrosoft(probe(() => Response.json({ issuer: 1 }, { headers: { date: new Date(now + 5_000).toUTCString() } })))
  t.match(dated, { configuration: { answer: { issuer: null } }, clockAhead: 5_000, authorization: { answer: { aadsts: null, isSentBack: false } } })
  const back = await probeMicrosoft(probe(() => new Response(null, { status: 302, headers: { location: 'https://app.example/callback?error=login_required' } })))
  t.match(back.authorization, { answer: { aadsts: null, isSentBack: true, known: null } })
  const unknown = await probeMicrosoft(probe(() => new Response('AADSTS90099: No.', { status: 400 })))
  t.match([unknown.authorization, unknown.configuration], [{ answer: { aadsts: 90099, isSentBack: false, known: null } }, { answer: { aadsts: 90099 } }])
  t.match(await probeMicrosoft(probe(() => new Response('x'.repeat(1_001)))), { configuration: { failure: { code: 'provider_error', reason: 'configuration_too_large' } } })
})

t.test('a credential is accepted where the code is refused, and refused where the client is; anything else is not known', async (t) => {
  t.match(await outcomeAt({ error: 'invalid_grant', error_codes: [70000] }), { outcome: 'accepted', aadsts: 70000 })
  t.match(await outcomeAt({ error: 'invalid_request', error_codes: ['x', 9002313] }), { outcome: 'accepted' }, 'Microsoft has more than one word for it')
  t.match(await outcomeAt({ error: 'invalid_client' }), { outcome: 'refused', aadsts: null })
  t.match(await outcomeAt({ error: 'unauthorized_client', error_codes: [700016] }), { outcome: 'unknown', aadsts: 700016 })
  t.match(await outcomeAt([]), { outcome: 'unknown', aadsts: null })
  t.match((await probeCredentials(probe(() => new Response('', { status: 503 })), [credential]))[0], { outcome: 'unknown' })
  const failing = { ...credential, authenticate: async () => { throw new Error('secret-cause') } }
  t.same((await probeCredentials(probe(() => new Response('')), [failing]))[0], { name: 'secret 1', kind: 'secret', expiresAt: null, outcome: 'unusable', aadsts: null, remedy: null })
})

t.test('where Fastify keeps its options elsewhere, it is not known whether it trusts a proxy', async (t) => {
  t.equal(trustsProxy(Object.create(null)), null)
})
