import { createConsentStore } from '../../src/store/identity-consents.ts'
import { openTestDatabase } from './database.ts'
import { rule } from './engines.ts'

rule('what a person has let an app have is kept for project, person and app', async (t, engine) => {
  const store = createConsentStore(await openTestDatabase(t, await engine.newLocation(t)))
  const consent = { clientId: 'b', scopes: ['email', 'openid'], claims: [], grantedAt: 1 }
  t.equal(await store.find('p', 'u', 'b'), null)
  await store.put('p', 'u', consent)
  await store.put('p', 'u', { ...consent, clientId: 'a', claims: ['name'] })
  await store.put('q', 'u', consent)
  await store.put('p', 'v', consent)
  t.same(await store.find('p', 'u', 'b'), consent)
  await store.put('p', 'u', { ...consent, scopes: ['openid'], grantedAt: 2 })
  t.same(await store.list('p', 'u'), [{ ...consent, clientId: 'a', claims: ['name'] }, { ...consent, scopes: ['openid'], grantedAt: 2 }])
  t.same([await store.remove('p', 'u', 'b'), await store.remove('p', 'u', 'b')], [true, false])
  await store.removeAllOf('u')
  t.same([await store.list('p', 'u'), await store.list('q', 'u')], [[], []])
  t.equal((await store.list('p', 'v')).length, 1)
})
