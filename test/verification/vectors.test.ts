import { readFileSync } from 'node:fs'
import t from 'tap'
import { canonicalAddress } from '../../src/verification/address.ts'
import { isEntraError } from '../../src/core/errors.ts'
import { scoreEmail } from '../../src/verification/score.ts'
import { tenantRuleOf } from '../../src/verification/tenant.ts'
import { verifyIdToken } from '../../src/verification/token.ts'
import type { EmailPolicy } from '../../src/verification/types.ts'
import { expectedOf, makeKey, nonce, seconds, signIdToken } from './tokens.ts'

interface Vector {
  readonly id: string
  readonly source: string
  readonly tenant: string
  readonly client_id: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly expect: {
    readonly outcome: string
    readonly reason?: string
    readonly evidence?: readonly string[]
    readonly [member: string]: unknown
  }
}

const { vectors }: { vectors: Vector[] } = JSON.parse(readFileSync(new URL('../fixtures/claim-vectors.json', import.meta.url), 'utf8'))
const standard: EmailPolicy = { threshold: 90, emailSources: ['email'], strictEdov: false, tenantDomains: {} }
const key = makeKey('vectors')
const aboutTime = ['exp-past', 'nbf-future']

/** Fills in what a vector does not care about, as the file says. */
function fillIn ({ id, client_id: clientId, claims }: Vector): Record<string, unknown> {
  const times = { iat: seconds, nbf: seconds, exp: seconds + 3_900 }
  return { aud: clientId, ver: '2.0', nonce, ...times, ...claims, ...(aboutTime.includes(id) ? {} : times) }
}

async function outcomeOf (vector: Vector): Promise<Record<string, unknown>> {
  try {
    const { identity, claims } = await verifyIdToken(signIdToken(fillIn(vector), key), expectedOf([key], {
      clientId: vector.client_id, tenant: tenantRuleOf(vector.tenant)
    }))
    const { evidence, ...email } = scoreEmail(claims, identity, standard)
    return { outcome: 'accepted', ...email, evidence: evidence.map(({ kind }) => kind).sort() }
  } catch (error) {
    if (!isEntraError(error)) throw error
    return { outcome: error.code, reason: error.detail.reason }
  }
}

t.test('each claim vector comes out as it must', async (t) => {
  t.equal(vectors.length, 76)
  for (const vector of vectors) {
    const { evidence, ...expected } = vector.expect
    t.same(await outcomeOf(vector), evidence === undefined ? expected : { ...expected, evidence: [...evidence].sort() }, `${vector.id} (${vector.source})`)
  }
})

t.test('claims as Hanko, GoTrue and others take for proof do not verify anything', async (t) => {
  const noted = vectors.filter(({ expect }) => expect.outcome === 'accepted' && expect.verified === true)
  for (const { id, claims } of noted) {
    t.ok([true, 'true', '1'].includes(claims.xms_edov as string), id)
    t.not(canonicalAddress(claims.email).canonical, null, id)
  }
})
