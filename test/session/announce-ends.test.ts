import t from 'tap'
import { announceEnds } from '../../plugins/session/announce-ends.ts'
import type { SessionsEnd } from '../../plugins/session/types.ts'
import type { SessionStore } from '../../src/session/types.ts'

function scene (failing: 'before' | 'after' | null = null) {
  const seen: unknown[] = []
  const told: SessionsEnd[] = []
  const store = { end: async (key: string) => { seen.push(key) }, endAllOf: async (...given: unknown[]) => { seen.push(given) } } as unknown as SessionStore
  const listener = async (end: SessionsEnd): Promise<void> => {
    seen.push('told')
    told.push(end)
    if (failing === (told.length === 1 ? 'before' : 'after')) throw new Error(failing!)
  }
  return { seen, told, store: announceEnds(store, [listener]) }
}

t.test('listeners are told before and after sessions end', async (t) => {
  const one = scene()
  await one.store.end('k')
  t.same(one.seen, ['told', 'k', 'told'])
  t.same(one.told, [{ session: 'k', replacedBy: null }, { session: 'k', replacedBy: null }])
  const replaced = scene()
  await replaced.store.end('k', { session: 'l', userId: 'u' })
  t.same(replaced.told[0], { session: 'k', replacedBy: { session: 'l', userId: 'u' } })
  const all = scene()
  await all.store.endAllOf('u')
  await all.store.endAllOf('u', 'k')
  t.same(all.told.map((end) => 'userId' in end && end.exceptSession), [null, null, 'k', 'k'])
})

t.test('a session ends whoever could not be told; who could not be told afterwards is heard of', async (t) => {
  const before = scene('before')
  await before.store.end('k')
  t.same(before.seen, ['told', 'k', 'told'])
  const after = scene('after')
  await t.rejects(after.store.end('k'), { message: 'after' })
  t.same(after.seen, ['told', 'k', 'told'])
})
