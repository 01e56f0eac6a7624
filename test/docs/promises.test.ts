import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { apply, applyAll } from '../../tools/mutations/edit.ts'
import { mutations } from '../../tools/mutations/list.ts'
import { documents, root } from './documents.ts'

interface Held { readonly promise: string, readonly file: string, readonly title: string }

/** What the table of SECURITY.md says, one entry for each test; cells that are written otherwise have no file. */
function promisesOf (text: string): Held[] {
  const [section] = /^## What is promised[^]*?(?=^## )/m.exec(text)!
  return [...section.matchAll(/^\| ([^|]+) \| ([^|]+) \|$/gm)].slice(1).filter(([, promise]) => !promise!.startsWith('--'))
    .flatMap(([, promise, tests]) => tests!.split('<br>').map((one) => {
      const [, file, title] = /^`([\w/-]+)`: (.+)$/.exec(one) ?? []
      return { promise: promise!, file: file ?? '', title: title ?? '' }
    }))
}

/** Whether a test has this title: written out as a text in the source, whoever makes the test of it. */
function hasTitle (source: string, title: string): boolean {
  return source.includes(`'${title.replaceAll("'", "\\'")}'`)
}

t.test('each promise is held by tests that are there, with the titles that it says', async (t) => {
  const held = promisesOf(documents().find(({ name }) => name === 'SECURITY.md')!.text)
  t.ok(new Set(held.map(({ promise }) => promise)).size > 25, `${held.length} tests`)
  for (const { promise, file, title } of held) {
    const path = join(root, 'test', `${file}.test.ts`)
    t.ok(file !== '' && existsSync(path), `${promise}: ${file}`)
    t.ok(hasTitle(readFileSync(path, 'utf8'), title), `${promise}: ${file}: ${title}`)
  }
})

t.test('a title that is gone, or a cell that names no test, is noticed', async (t) => {
  const rows = promisesOf('## What is promised\n\n| promise | held by |\n|---|---|\n| one | `a/b`: it\'s so<br>`c`: more |\n| two | by hand |\n\n## Next\n')
  t.same(rows, [{ promise: 'one', file: 'a/b', title: 'it\'s so' }, { promise: 'one', file: 'c', title: 'more' }, { promise: 'two', file: '', title: '' }])
  t.ok(hasTitle("t.test('it\\'s so', async", 'it\'s so'))
  t.notOk(hasTitle("t.test('it\\'s so no more', async", 'it\'s so'))
})

// Whether the tests notice is what the command shows, in minutes; that it can still be asked is seen at once.
t.test('what npm run mutations takes away is there, once, and the tests that must notice are as well', async (t) => {
  for (const { check, edits, tests } of mutations) {
    const read = (file: string): string => readFileSync(join(root, file), 'utf8')
    for (const [file, source] of applyAll(edits, read)) t.not(source, read(file), `${check}: ${file}`)
    for (const { file, from, to } of edits) t.not(from, to, `${check}: ${file}`)
    for (const name of tests) t.ok(existsSync(join(root, name)), `${check}: ${name}`)
  }
  t.throws(() => apply('twice twice', { file: 'a.ts', from: 'twice', to: 'once' }), { message: 'a.ts has 2 times, and not once: twice' })
})
