import t from 'tap'
import { readJsonObject } from '../../src/core/json.ts'
import { isRole, rolesOf } from '../../src/verification/roles.ts'
import { contoso, mallorys } from './tokens.ts'

const roles = (claims: Record<string, unknown>, tid = contoso, tenantRoles: Record<string, string[]> | null = null) => rolesOf(claims, { tid }, tenantRoles)

t.test('the roles of a token are those of the person, each once', async (t) => {
  t.same(roles({ roles: ['Editor', 'Reader', 'Editor'] }), { roles: ['Editor', 'Reader'], withheld: 0 })
  t.same(roles({}), { roles: [], withheld: 0 })
  t.ok(Object.isFrozen(roles({ roles: ['Editor'] }).roles))
})

t.test('what is no list of roles is none, and never throws', async (t) => {
  for (const value of ['Admin', null, 5, true, {}, { 0: 'Admin', length: 1 }, { includes: true }]) t.same(roles({ roles: value }).roles, [], JSON.stringify(value))
  t.same(roles({ roles: [5, null, ['Admin'], { toString: 'Admin' }, '', 'two words', 'x'.repeat(121), 'zero\u200bwidth', 'line\n', 'Admin'] }).roles, ['Admin'])
  t.same(roles(Object.create({ roles: ['Admin'] })).roles, [], 'inherited')
  const bomb = readJsonObject(Buffer.from('{"__proto__":{"roles":["Admin"]},"constructor":["Admin"]}'))!
  t.same(roles(bomb).roles, [], 'a claim called __proto__')
  t.equal(roles({ roles: Array.from({ length: 5_000 }, (_, index) => `r${index}`) }).roles.length, 5_000, 'as many as the token holds: a session keeps fewer')
})

t.test('each administrator of a customer can give any role of the registration, so an operator says who may give which', async (t) => {
  const tenantRoles = { [contoso]: ['Admin', 'Editor'] }
  t.same(roles({ roles: ['Admin', 'Owner'] }, contoso, tenantRoles), { roles: ['Admin'], withheld: 1 })
  t.same(roles({ roles: ['Admin', 'Editor'] }, mallorys, tenantRoles), { roles: [], withheld: 2 }, 'the attack: a tenant that is not listed')
  t.same(roles({ roles: ['admin'] }, contoso, tenantRoles).roles, [], 'as it is spelt')
  t.same(roles({ roles: ['Admin'] }, contoso, {}), { roles: [], withheld: 1 })
  t.same(roles({ roles: ['toString', 'constructor'] }, '__proto__', tenantRoles), { roles: [], withheld: 2 }, 'names of prototypes')
  t.same(roles({ roles: ['Admin'] }, mallorys), { roles: ['Admin'], withheld: 0 }, 'without the option they come as they are')
})

t.test('a role has what a registration allows', async (t) => {
  for (const role of ['Admin', 'Task.ReadWrite.All', 'a', 'x'.repeat(120)]) t.ok(isRole(role), role)
  for (const role of ['', ' ', 'a b', 'ä', 'x'.repeat(121), 5, null]) t.notOk(isRole(role), String(role))
})
