import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { clientRules } from '../../src/identity/client-options.ts'
import { identityOptionRules } from '../../src/identity/options.ts'

const root = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

t.test('the table of conformance and the tests name the same modules, and each file that it names is there', async (t) => {
  const document = read('docs/conformance.md')
  const tests = read('test/plugins/identity-conformance.test.ts')
  for (const [, name] of document.matchAll(/^\| `(oidcc-[\w-]+)` \| yes \|/gm)) {
    t.ok(tests.includes(`'${name}'`) || /^oidcc-(?:scope-(?:address|phone)|display-(?:page|popup))$/.test(name!), name!)
  }
  for (const [, name] of tests.matchAll(/'(oidcc-[\w-]+)'/g)) t.ok(document.includes(`| \`${name}\` | yes |`), name!)
  for (const [, file] of document.matchAll(/`(test\/[^`]+)`/g)) t.ok(existsSync(join(root, file!)), file!)
})

t.test('the page names every option', async (t) => {
  const document = read('docs/identity.md')
  for (const name of [...Object.keys(identityOptionRules), ...Object.keys(clientRules)]) t.ok(document.includes(`\`${name}\``), name)
})
