import t from 'tap'
import { describeToken, type TokenPolicy } from '../../src/verification/describe-token.ts'
import { proveMailbox } from '../../src/verification/prove-mailbox.ts'
import type { VerifiedToken } from '../../src/verification/types.ts'
import { identityOf } from '../linking/tokens.ts'

const policy: TokenPolicy = { policy: { threshold: 100, emailSources: ['email', 'upn'], strictEdov: true, tenantDomains: {} }, tenantRoles: null }

function tokenOf (claims: Record<string, unknown>): VerifiedToken {
  return describeToken(identityOf({}), claims, policy)
}

t.test('the address that was mailed to is verified, at any threshold, and beats a denial', async (t) => {
  const token = tokenOf({ email: 'Ann@Example.com', xms_edov: false })
  const proven = proveMailbox(token, { canonical: 'ann@example.com' }, policy)
  t.match(proven.email, { address: 'Ann@Example.com', score: 100, verified: true, evidence: [{ kind: 'mailbox_control' }, { kind: 'denied' }] })
  t.match(proven.verifiedEmail, { canonical: 'ann@example.com', kind: 'mailbox_control', score: 100 })
  t.equal(token.verifiedEmail, null, 'the token that was stays as it was')
  t.ok(Object.isFrozen(proven))
})

t.test('no other address of the token is lifted', async (t) => {
  const token = tokenOf({ email: 'ann@example.com', upn: 'bob@example.com' })
  const other = proveMailbox(token, { canonical: 'eve@example.com' }, policy)
  t.match(other, { verifiedEmail: null, email: { verified: false } })
  t.same(other.email, token.email)
  t.match(proveMailbox(token, { canonical: 'bob@example.com' }, policy).verifiedEmail, { canonical: 'bob@example.com' })
})

t.test('a token that waited goes by the options as they are now, whatever was sealed with it', async (t) => {
  const token = { ...tokenOf({ email: 'ann@example.com', roles: ['Admin', 'Reader'], groups: ['g'] }), roles: undefined as never, groups: undefined as never }
  const proven = proveMailbox(token, { canonical: 'ann@example.com' }, { ...policy, tenantRoles: { [token.identity.tid]: ['Reader'] } })
  t.same(proven.roles, ['Reader'])
  t.same(proven.groups, { ids: ['g'], overage: false })
})
