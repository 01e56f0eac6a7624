import t from 'tap'
import { groupsOf } from '../../src/verification/groups.ts'
import { remarksOn } from '../../src/verification/remarks.ts'
import { token } from '../linking/tokens.ts'

const overage = { ids: [], overage: true }

t.test('the groups of a token are those of the person, each once', async (t) => {
  t.same(groupsOf({ groups: ['a', 'CONTOSO\\Sales', 'a'] }), { ids: ['a', 'CONTOSO\\Sales'], overage: false })
  t.same(groupsOf({ groups: [] }), { ids: [], overage: false })
  t.same(groupsOf({}), { ids: [], overage: false }, 'nobody asked for groups')
  t.same(groupsOf({ groups: ['a', 5, null, '', 'x'.repeat(257), ['b']] }).ids, ['a'])
  t.ok(Object.isFrozen(groupsOf({ groups: ['a'] }).ids))
})

t.test('too many groups are never taken for none', async (t) => {
  for (const claims of [
    { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.microsoft.com/v1.0/users/x/getMemberObjects' } } },
    { _claim_names: { groups: 'src1' } },
    { _claim_names: { groups: 'src1' }, groups: ['only-some'] },
    { hasgroups: true }, { hasgroups: 'true' }, { hasgroups: null },
    { groups: 'src1' }, { groups: {} }, { groups: null }
  ]) t.same(groupsOf(claims), overage, JSON.stringify(claims))
  for (const claims of [{ hasgroups: false }, { _claim_names: { photo: 'src1' } }, { _claim_names: 'groups' }, { _claim_names: null }, { _claim_names: Object.create({ groups: 'x' }) }, Object.create({ hasgroups: true })]) {
    t.same(groupsOf(claims), { ids: [], overage: false }, JSON.stringify(claims))
  }
})

t.test('what was not sent or not given is said to whoever runs the application, without a name', async (t) => {
  const plain = token()
  t.same(remarksOn(plain, null), [])
  const [groups, ...others] = remarksOn({ ...plain, groups: overage }, null)
  t.match(groups, { message: /did not send the groups/, about: { tid: plain.identity.tid, remedy: /app roles/ } })
  t.same(others, [])
  const remarks = remarksOn({ ...plain, claims: { roles: ['Secret.Project'] } }, {})
  t.match(remarks, [{ message: /may not give/, about: { withheld: 1, remedy: /tenantRoles/ } }])
  t.notMatch(JSON.stringify(remarks), /Secret/)
})
