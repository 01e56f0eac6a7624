import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { asvsAnswers, asvsFigures, asvsRows } from '../../tools/asvs.ts'
import { documents, root } from './documents.ts'

const rows = asvsRows(documents().find(({ name }) => name === 'docs/asvs.md')!.text)

t.test('each requirement of the chapters is there, once, in its order, with its level', async (t) => {
  const { requirements } = JSON.parse(readFileSync(join(root, 'test/fixtures/asvs-5.0.0.json'), 'utf8')) as { requirements: Record<string, number> }
  t.same(rows.map(({ id, level }) => [id, level]), Object.entries(requirements))
  t.equal(rows.length, 109)
})

t.test('each has an answer: what is met names tests that are there, and what is not says why', async (t) => {
  for (const { id, asks, answer, how, tests } of rows) {
    t.ok((asvsAnswers as readonly string[]).includes(answer), `${id}: ${answer}`)
    t.ok(asks.length > 10, `${id} says what it asks for`)
    if (answer === 'met' || answer === 'partly') t.ok(tests.length > 0, `${id} names a test`)
    if (answer !== 'met') t.ok(how.length > 10, `${id} says why`)
    if (answer === 'not met') t.match(how, /missing/, `${id} says what is missing`)
    for (const file of tests) t.ok(existsSync(join(root, 'test', `${file}.test.ts`)), `${id}: ${file}`)
  }
})

t.test('a row is read to its last cell, and counted', async (t) => {
  const page = '| 6.1.1 | 1 | asks | met | [how](x.md#y) | `a/b`, `c` |\n| 6.1.2 | 3 | more | not met | is missing | |\n| 6.1 | 1 | no row | met | | |\n'
  t.same(asvsRows(page), [
    { id: '6.1.1', level: 1, asks: 'asks', answer: 'met', how: '[how](x.md#y)', tests: ['a/b', 'c'] },
    { id: '6.1.2', level: 3, asks: 'more', answer: 'not met', how: 'is missing', tests: [] }
  ])
  t.match(asvsFigures(page), '| V6 | 1 | 0 | 1 | 0 | 0 | 2 |')
  t.match(asvsFigures(page), '| level 2 | 0 | 0 | 0 | 0 | 0 | 0 |')
})
