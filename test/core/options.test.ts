import t from 'tap'
import { is, type OptionRules, readOptions } from '../../src/core/options.ts'

interface Sample { size?: number, name?: string, key?: string, list?: string[], box?: object, when?: () => void }

const rules: OptionRules<Sample> = {
  size: { default: 3, check: is.integer(1, 5), expected: 'an integer from 1 to 5', about: 'Size.' },
  name: { check: is.text, expected: 'a name', remedy: 'Think of one.', about: 'Name.' },
  key: { check: is.text, expected: 'a key', secret: true, about: 'Key.' },
  list: { check: is.listOf(is.text), expected: 'a list of names', about: 'List.' },
  box: { check: is.object, expected: 'an object', about: 'Box.' },
  when: { check: is.function, expected: 'a function', about: 'When.' }
}
const read = (given: object) => readOptions<Sample>('sample', rules, given)

t.test('defaults are filled in, and what has none stays away', async (t) => {
  t.same(read({}), { size: 3 })
  t.same(read({ size: undefined, name: 'a' }), { size: 3, name: 'a' })
})

t.test('the caller\'s object is never changed, and the result cannot be', async (t) => {
  const given = { list: ['a'], box: { a: 1 } }
  const options = read(given)
  given.list.push('b')
  given.box.a = 2
  t.same(options, { size: 3, list: ['a'], box: { a: 1 } })
  t.throws(() => { (options as { size: number }).size = 4 }, TypeError)
  t.throws(() => { options.list!.push('c') }, TypeError)
  t.throws(() => { (options.box as { a: number }).a = 3 }, TypeError)
})

t.test('objects that are no plain ones are passed on as they are', async (t) => {
  const box = new Map()
  t.equal(read({ box }).box, box)
})

t.test('a wrong value is refused with the option, what was given and the remedy', async (t) => {
  t.throws(() => read({ size: 6 }), { code: 'FST_ENTRA_CONFIGURATION', message: 'sample: option "size" must be an integer from 1 to 5, but 6 was given.' })
  t.throws(() => read({ name: ' a' }), { message: 'sample: option "name" must be a name, but " a" was given. Think of one.' })
  t.throws(() => read({ size: null }), { message: /but null was given/ })
  t.throws(() => read({ size: () => {} }), { message: /but a function was given/ })
  t.throws(() => read({ size: 1n }), { message: /but 1 was given/ })
  t.throws(() => read({ size: Symbol('x') }), { message: /but Symbol\(x\) was given/ })
  t.throws(() => read({ size: 'x'.repeat(200) }), { message: /but "x{79}… was given/ })
})

t.test('a value that cannot be shown, or cannot be looked at, is refused like any other', async (t) => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  const closed = { get size (): number { throw new Error('secret text') } }
  for (const value of [circle, { a: 1n }, { toJSON: () => undefined }, { toJSON: () => { throw new Error('secret text') } }, new Proxy({}, { get: () => { throw new Error('secret text') } })]) {
    t.throws(() => read({ size: value }), { message: 'sample: option "size" must be an integer from 1 to 5, but something that cannot be shown was given.' })
  }
  t.throws(() => read({ box: closed }), { code: 'FST_ENTRA_CONFIGURATION', message: /^sample: option "box" must be an object, but something that cannot be shown was given\.$/ }, 'it is an object, but none that can be copied')
})

t.test('an option that must be given is missed', async (t) => {
  const required: OptionRules<Sample> = { ...rules, name: { ...rules.name, required: true } }
  t.throws(() => readOptions<Sample>('sample', required, {}), { message: 'sample: option "name" must be a name, but nothing was given. Think of one.' })
})

t.test('a wrong secret is not shown', async (t) => {
  t.throws(() => read({ key: ' hush ' }), { message: 'sample: option "key" must be a key, but something else (it is not shown here) was given.' })
})

t.test('an unknown option is refused, and the one that was meant is named', async (t) => {
  t.throws(() => read({ siez: 1 }), { message: 'sample: there is no option "siez". Did you mean "size"?' })
  t.throws(() => read({ NAME: 'x' }), { message: /Did you mean "name"/ })
  t.throws(() => read({ si_ze: 'x' }), { message: /Did you mean "size"/ })
  t.throws(() => read({ colour: 'x' }), { message: /The options are size, name, key, list, box, when\./ })
})

t.test('an option of the prototype chain is no option', async (t) => {
  t.throws(() => read(JSON.parse('{"__proto__":{"size":1}}')), { message: /there is no option "__proto__"/ })
  t.throws(() => read({ toString: 1 }), { message: /there is no option "toString"/ })
})

t.test('the shared checks', async (t) => {
  t.ok(is.boolean(false))
  t.notOk(is.boolean('false'))
  t.notOk(is.object(null))
  t.ok(is.oneOf('a', 'b')('b'))
  t.notOk(is.oneOf('a', 'b')('c'))
  t.notOk(is.listOf(is.text)('a'))
  for (const path of ['/', '/a', '/a/b-c_d.e']) t.ok(is.path(path), path)
  for (const path of ['a', '//a', '/a?b', '/a#b', '/a/../b', '/a:b', '/*', '/%61', '/ä', 5]) t.notOk(is.path(path), String(path))
  for (const url of ['https://a.example', 'http://localhost:3000/x?y']) t.ok(is.url(url), url)
  for (const url of ['ftp://a.example', 'https://u:p@a.example', 'a.example', 5]) t.notOk(is.url(url), String(url))
  for (const origin of ['https://a.example', 'http://localhost:3000']) t.ok(is.origin(origin), origin)
  for (const origin of ['https://a.example/', 'https://A.example', 'https://a.example:443', 'https://a.example/x', 'null']) t.notOk(is.origin(origin), origin)
})
