import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { errorCodes } from '../src/core/errors.ts'
import { helpWords } from '../src/core/help.ts'
import { microsoftErrors } from '../src/provider/aadsts.ts'
import { withTables } from '../tools/tables.ts'
import { documents, root } from './docs/documents.ts'

const text = (name: string): string => documents().find((document) => document.name === name)!.text

t.test('the tables of the documents are what the code says: npm run docs writes them', async (t) => {
  for (const { name, text } of documents()) t.equal(withTables(text), text, name)
  t.throws(() => withTables('<!-- options: nothing -->\n<!-- /options -->'), { message: /"nothing", which is no plugin/ })
})

t.test('every number of Microsoft\'s, every code and every help word is explained', async (t) => {
  const microsoft = text('docs/microsoft-errors.md')
  for (const { number } of microsoftErrors) t.match(microsoft, `| [${number}](`)
  for (const word of helpWords) t.match(microsoft, `| \`${word}\` |`)
  for (const code of errorCodes) t.match(text('docs/errors.md'), `| \`${code}\` |`)
})

// Numbers that no person meets, since the sign-in goes on by itself or never asks so: each is explained on a page of its own.
const explainedElsewhere: Record<string, string> = { 700023: 'docs/credentials.md', 28000: 'docs/tokens.md', 28003: 'docs/tokens.md' }

t.test('a number of Microsoft\'s that a document names is explained', async (t) => {
  const known = new Set([...microsoftErrors.map(({ number }) => String(number)), ...Object.keys(explainedElsewhere)])
  for (const [number, page] of Object.entries(explainedElsewhere)) t.match(text(page), number)
  for (const { name, text } of documents()) {
    for (const [, number] of text.matchAll(/AADSTS(\d+)/g)) t.ok(known.has(number!), `${name}: AADSTS${number}`)
  }
})

t.test('an abuse case that a comment or a test names is in the list', async (t) => {
  const { cases } = JSON.parse(readFileSync(new URL('fixtures/abuse-cases.json', import.meta.url), 'utf8'))
  const known = new Set(cases.map(({ id }: { id: string }) => id))
  for (const folder of ['src', 'plugins', 'bin']) {
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
      const source = readFileSync(join(root, folder, file), 'utf8')
      for (const [, ids] of source.matchAll(/abuse cases? ((?:[A-Z]\d\d(?:, | and | to )?)+)/g)) {
        for (const [id] of ids!.matchAll(/[A-Z]\d\d/g)) t.ok(known.has(id), `${file}: ${id}`)
      }
    }
  }
})
