import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { cases } from './cases.ts'
import { inPart } from './in-part.ts'

const sources = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.test.ts')).map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
// Whatever makes the tests of a case is given its id as a text of its own; the command looks at the tests that were really run.
const tried = new Set(sources.flatMap((text) => [...text.matchAll(/'([A-Z]\d\d)'/g)].map(([, id]) => id!)))
const ids = cases.map(({ id }) => id)

t.test('every case is tried', async (t) => {
  t.same(ids.filter((id) => !tried.has(id)), [])
  t.same(Object.keys(inPart).filter((id) => !ids.includes(id)), [], 'remarks about cases that there are not')
})

t.test('the table of the documents has each case once, in the order of the list: npm run abuse writes it', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/abuse.md'), 'utf8')
  t.same([...page.matchAll(/^\| ([A-Z]\d\d) \|/gm)].map(([, id]) => id), ids)
  for (const [id, reason] of Object.entries(inPart)) t.ok(page.split('\n').some((line) => line.startsWith(`| ${id} |`) && line.includes(reason)), id)
})
