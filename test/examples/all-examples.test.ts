import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '../..')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
const here = 'test/examples/all-examples.test.ts'
const tests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && `test/${name}` !== here)
  .map((name) => readFileSync(join(root, 'test', name), 'utf8'))

t.test('each example is run by a test, and by a command or as several servers', async (t) => {
  const examples = readdirSync(join(root, 'examples'))
  t.ok(examples.length >= 7)
  for (const name of examples) {
    t.ok(tests.some((text) => startsIt(text, name)), `${name} is started by a test`)
    t.ok(name === 'two-servers' || Object.values(scripts).some((script) => script.includes(`examples/${name}`)), `${name} has an npm script`)
  }
  t.notOk(startsIt('// see examples/minimal.ts\n', 'minimal.ts'), 'a word in a comment starts nothing')
})

/** Whether a test names the example in its code: its file to start, or its folder to import or start from. */
function startsIt (text: string, name: string): boolean {
  const code = text.replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, '')
  return new RegExp(`['"/\`]${name.replaceAll('.', '\\.')}['"/\`]`).test(code)
}
