import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { helpWords } from '../src/core/help.ts'
import { microsoftErrors } from '../src/provider/aadsts.ts'
import { withTables } from '../tools/tables.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

t.test('the tables of the README are what the code says: npm run docs writes them', async (t) => {
  t.equal(withTables(readme), readme)
  t.throws(() => withTables('<!-- options: nothing -->\n<!-- /options -->'), { message: /"nothing", which is no plugin/ })
})

t.test('the tables of docs/ are what the code says', async (t) => {
  for (const name of readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))) {
    const text = readFileSync(join(root, 'docs', name), 'utf8')
    t.equal(withTables(text), text, name)
  }
  const errors = readFileSync(join(root, 'docs/microsoft-errors.md'), 'utf8')
  for (const { number } of microsoftErrors) t.match(errors, `| [${number}](`)
  for (const word of helpWords) t.match(errors, `| \`${word}\` |`)
})

t.test('links of the documents lead somewhere', async (t) => {
  const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => join('docs', name))
  for (const document of ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...pages]) {
    const text = readFileSync(join(root, document), 'utf8')
    for (const [, target] of text.matchAll(/\]\((?!https:)([^)#]+)/g)) t.ok(existsSync(join(root, dirname(document), target!)), `${document}: ${target}`)
  }
})

t.test('an abuse case that a comment or a test names is in the list', async (t) => {
  const { cases } = JSON.parse(readFileSync(join(root, 'test/fixtures/abuse-cases.json'), 'utf8'))
  const known = new Set(cases.map(({ id }: { id: string }) => id))
  for (const folder of ['src', 'plugins']) {
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
      const text = readFileSync(join(root, folder, file), 'utf8')
      for (const [, ids] of text.matchAll(/abuse cases? ((?:[A-Z]\d\d(?:, | and | to )?)+)/g)) {
        for (const [id] of ids!.matchAll(/[A-Z]\d\d/g)) t.ok(known.has(id), `${file}: ${id}`)
      }
    }
  }
})

t.test('commands of the documents are scripts of the package', async (t) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const document of ['README.md', 'CONTRIBUTING.md']) {
    const text = readFileSync(join(root, document), 'utf8')
    for (const [, script] of text.matchAll(/npm run ([\w:-]+)/g)) t.ok(Object.hasOwn(scripts, script!), `${document}: ${script}`)
  }
})
