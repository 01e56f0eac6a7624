import t from 'tap'
import { BoundedMap, remembering } from '../../src/core/bounded-map.ts'

t.test('what was set longest ago makes room', (t) => {
  const map = new BoundedMap<string, number>(2).set('a', 1).set('b', 2).set('a', 3)
  t.same([...map], [['b', 2], ['a', 3]], 'what is set again is new, and takes nobody\'s place')
  map.set('c', 4)
  t.same([...map], [['a', 3], ['c', 4]])
  t.end()
})

t.test('what is remembered is not made again, as long as there is room and it is worth it', (t) => {
  const asked: string[] = []
  const lengthOf = remembering((text) => {
    asked.push(text)
    return { length: text.length }
  }, 2, ({ length }) => length > 1)
  t.equal(lengthOf('one'), lengthOf('one'))
  t.same([lengthOf('x'), lengthOf('x')], [{ length: 1 }, { length: 1 }])
  t.same(asked, ['one', 'x', 'x'])
  for (const text of ['two', 'three', 'one']) lengthOf(text)
  t.same(asked, ['one', 'x', 'x', 'two', 'three', 'one'], 'the first one had to go')
  t.end()
})
