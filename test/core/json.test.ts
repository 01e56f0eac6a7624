import fc from 'fast-check'
import t from 'tap'
import { readJsonObject } from '../../src/core/json.ts'
import { busyTime } from '../busy-time.ts'

const read = (text: string, ...names: string[]): unknown => readJsonObject(Buffer.from(text), new Set(names))

t.test('duplicate members are refused at every depth, also when one is escaped (T32)', async (t) => {
  const duplicates = [
    '{"tid":"A","tid":"B"}', '{"tid":"A","tid":"A"}', '{"tid":"A","\\u0074id":"B"}', '{"a":{"b":1,"b":2}}', '{"a":[{"b":1,"b":2}]}',
    '{"xms_edov":false,"xms_edov":true}', '{"__proto__":1,"__proto__":2}', '{"":1,"":2}'
  ]
  for (const text of duplicates) t.equal(read(text), null, text)
  t.same(read('{"tid":"A","a":{"tid":"B"}}'), { tid: 'A', a: { tid: 'B' } }, 'control: the same name at two depths')
})

t.test('names that are used have one spelling; others may differ in case', async (t) => {
  t.equal(read('{"tid":"A","TID":"B"}', 'tid'), null)
  t.equal(read('{"Tid":"A","TID":"B"}', 'tid'), null)
  t.equal(read('{"xms_edov":false,"XMS_EDOV":true}', 'xms_edov'), null)
  t.equal(read('{"\u212aid":1,"kid":2}', 'kid'), null, 'the Kelvin sign is a k to readers that ignore case')
  t.same(read('{"XMS_EDOV":true}', 'xms_edov'), { XMS_EDOV: true }, 'alone it is a name like any other')
  t.same(read('{"a":1,"A":2}', 'tid'), { a: 1, A: 2 })
  t.same(read('{"a":{"tid":1,"TID":2}}', 'tid'), { a: { tid: 1, TID: 2 } }, 'claims are members of the outermost object')
})

t.test('an object has no prototype, and nothing in it can be changed (T38)', async (t) => {
  const record = read('{"__proto__":{"xms_edov":true},"constructor":{"prototype":{"verified":true}},"toString":1,"list":[{"a":1}]}') as Record<string, any>
  t.equal(Object.getPrototypeOf(record), null)
  t.equal(record.xms_edov, undefined)
  t.equal(({} as Record<string, unknown>).xms_edov, undefined)
  t.same(Object.keys(record), ['__proto__', 'constructor', 'toString', 'list'])
  for (const part of [record, ...Object.values(record), record.list[0]]) t.ok(Object.isFrozen(part))
})

t.test('what is no JSON object in clean UTF-8 is refused', async (t) => {
  const malformed = [
    '', ' ', '[]', '"a"', '1', 'null', '{', '}', '{"a"}', '{"a":}', '{"a":1,}', '{,}', '{a:1}', "{'a':1}", '{"a":1}x', '{"a":1}{}', '{"a":1 "b":2}',
    '{"a":[1,]}', '{"a":[1 2]}', '{"a":[}', '{"a":[1', '{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":1.}', '{"a":1e}', '{"a":NaN}', '{"a":Infinity}', '{"a":truex}',
    '{"a":"\u0001"}', '{"a":"\n"}', '{"a":"\\x"}', '{"a":"\\u12"}', '{"a":"', '{"a":"\\', '{"a":"\\"', '\ufeff{"a":1}', '{"a":1}\u00a0', '{"a":1}/**/', '{"a":1}\u0000', '{"a" 1}'
  ]
  for (const text of malformed) t.equal(read(text), null, JSON.stringify(text))
  t.equal(readJsonObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), null, 'a fault in the UTF-8')
  t.equal(readJsonObject(Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d])), null, 'an overlong form')
})

t.test('depth is bounded', async (t) => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`
  t.not(read(nested(32)), null)
  t.equal(read(nested(33)), null)
  t.equal(read(`{"a":${'['.repeat(32)}${']'.repeat(32)}}`), null)
  t.equal(read(`{"a":${'['.repeat(500_000)}`), null, 'and nothing overflows')
})

t.test('everything else is read as JSON.parse reads it', async (t) => {
  const text = ' { "a" : [ ] , "b" : { } , "c" : [ 1 , -0.5e+3 , true , false , null , "\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9é" ] , "d":1e309 } '
  t.same(read(text), JSON.parse(text))
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (record) => {
    const given = JSON.stringify(record)
    return JSON.stringify(read(given)) === given
  }), { seed: 7519, numRuns: 500 })
})

t.test('a document has ten thousand values at most, however deep they are', async (t) => {
  const list = (values: number): string => `{"a":[${Array.from({ length: values - 1 }, () => '0').join()}]}`
  t.not(read(list(10_000)), null)
  t.equal(read(list(10_001)), null)
  t.equal(read(`{${Array.from({ length: 5_001 }, (_, index) => `"k${index}":{"a":1}`).join()}}`), null)
  t.not(read(`{${Array.from({ length: 5_000 }, (_, index) => `"k${index}":{"a":1}`).join()}}`), null)
})

t.test('a large document is read in one go (D19)', async (t) => {
  const texts = [`{"a":"${'\\\\'.repeat(250_000)}"}`, `{"a":"${'x'.repeat(500_000)}"}`, `{${' '.repeat(500_000)}`, `{"a":${'1'.repeat(500_000)}}`, `{"a":"${'\\"'.repeat(250_000)}`,
    `{${Array.from({ length: 50_000 }, (_, index) => `"k${index}":1`).join()}}`]
  t.ok(busyTime(() => { for (const text of texts) read(text) }) < 5_000)
})
