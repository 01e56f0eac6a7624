import t from 'tap'
import ts from 'typescript'
import { takesLong } from '../patient.ts'
import { isForBrowsers, problemsOf, writeSources } from './compile.ts'
import { type Block, blocksOf, documents, root } from './documents.ts'

takesLong()

const blocks = documents().flatMap(blocksOf)
const of = (...languages: string[]): Block[] => blocks.filter(({ language }) => languages.includes(language))

t.test('a block of TypeScript is right by the types of the package', async (t) => {
  const programs = [...of('ts'), ...of('js').filter((block) => !isForBrowsers(block))]
  const sources = writeSources(t.testdir(), programs)
  const options: ts.CompilerOptions = { module: ts.ModuleKind.NodeNext, exactOptionalPropertyTypes: true, allowImportingTsExtensions: true, customConditions: ['fastify-entra:source'], types: ['node'], typeRoots: [`${root}/node_modules/@types`] }
  t.same(problemsOf(sources, options), [])
  t.ok(programs.length > 30, `${programs.length} blocks`)

  const wrong = { ...programs[0]!, document: 'wrong.md', line: 10, notes: {}, code: "await app.register(entra, {\n  baseUrl: 'http://localhost:3000',\n  allow_email_acount_merge: true\n})\n" }
  t.match(problemsOf(writeSources(t.testdir(), [wrong]), options), [/^wrong\.md:12: .*allow_email_acount_merge/s], 'and the checker sees what is wrong, with its place')
})

t.test('a block of JavaScript for browsers is right by the types of browsers', async (t) => {
  const sources = writeSources(t.testdir(), of('js').filter(isForBrowsers))
  t.same(problemsOf(sources, { module: ts.ModuleKind.NodeNext, lib: ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'], types: [] }), [])
})

t.test('a block of JSON can be read', async (t) => {
  for (const { document, line, code } of of('json')) t.doesNotThrow(() => JSON.parse(code), `${document}:${line}`)
})

// Blocks that nothing checks here, each with the reason. A document may give one itself: `<!-- unchecked: reason -->` before the block.
const unchecked: Record<string, string> = {
  'docs/query-plans.md': 'what a command has printed; `npm run query-plans` writes it anew',
  'docs/redis.md': 'a command of Redis; test/plugins/redis.test.ts gives a user these rights'
}

t.test('a block in another language is one that is checked elsewhere, or has a reason why not', async (t) => {
  const checked = ['ts', 'js', 'json', 'sh', 'html', 'sql', 'mermaid']
  for (const { document, line, language, notes } of blocks) {
    const reason = notes.unchecked ?? (language === '' ? unchecked[document] : undefined)
    t.ok(checked.includes(language) || (reason ?? '').length > 10, `${document}:${line} has the language "${language}", which nothing checks: say why in <!-- unchecked: … --> before it`)
    if (checked.includes(language)) t.equal(notes.unchecked, undefined, `${document}:${line} is checked`)
  }
  for (const document of Object.keys(unchecked)) t.ok(blocks.some((block) => block.document === document && block.language === ''), `${document} still needs its reason`)
})
