import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { isForBrowsers, writeSources } from '../docs/compile.ts'
import { blocksOf, documents, root } from '../docs/documents.ts'
import { inlined } from '../../tools/published.ts'
import { takesLong } from '../patient.ts'
import { servicesRequired } from '../services.ts'
import { emptyFolder, packTree, run } from './pack.ts'

takesLong()

const versions = { 5.9: 'tools/typescript-5/node_modules/typescript', 6: 'node_modules/typescript' }

const use = `
  import Fastify from 'fastify'
  import entra from 'fastify-entra'
  const app = Fastify()
  await app.register(entra, { baseUrl: 'http://localhost:3000', clientId: process.env.CLIENT_ID })
  app.get('/me', { onRequest: app.requireUser }, (request) => request.user?.email?.evidence.map(({ kind }) => kind))
  app.get('/score', (request) => request.scoredEmail?.score)
  app.get('/invite', async () => (await app.accounts.find('x'))?.id)
  // @ts-expect-error a misspelt option
  await app.register(entra, { baseUrl: 'http://localhost:3000', allow_email_acount_merge: true })
  // @ts-expect-error a user has no password
  app.get('/no', (request) => request.user?.password)
`

const useFromCommonJs = `
  import Fastify = require('fastify')
  import entra = require('fastify-entra')
  import simulator = require('fastify-entra/simulator')
  const app = Fastify()
  app.register(entra.default, { baseUrl: 'http://localhost:3000' })
  export const signedIn: PromiseLike<{ cookie: string }> = simulator.signInAs(app, 'ada')
`

// Two compilers over the whole package take a minute, and test/docs/blocks.test.ts says the same of the sources.
const skip = servicesRequired ? false : 'set FASTIFY_ENTRA_SERVICES=required to check the packed types as well'

t.test('the types of the packed package are those of the documents, for each TypeScript and way of resolving', { skip }, async (t) => {
  const { tarball } = await packTree(t)
  const project = emptyFolder(t)
  mkdirSync(join(project, 'node_modules/fastify-entra'), { recursive: true })
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', 'node_modules/fastify-entra'], { cwd: project })
  // What the package depends on, and what the documents use beside it. Of the package itself there are only the packed files,
  // and what is inside of it nobody has.
  for (const name of readdirSync(join(root, 'node_modules')).filter((name) => !name.startsWith('.') && !name.startsWith('fastify-entra') && !inlined.includes(name))) {
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name))
  }
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(project, 'use.mts'), use)
  writeFileSync(join(project, 'use.cts'), useFromCommonJs)
  writeSources(join(project, 'blocks'), documents().flatMap(blocksOf).filter((block) => block.language === 'ts' || (block.language === 'js' && !isForBrowsers(block))))

  writeFileSync(join(project, 'wrong.mts'), "import entra from 'fastify-entra'\nexport const name: number = entra\n")
  const sources = ['use.mts', 'use.cts', 'wrong.mts', ...readdirSync(join(project, 'blocks')).map((name) => `blocks/${name}`)]
  for (const [version, folder] of Object.entries(versions)) {
    t.match(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).version, `${version}.`)
    // The package's own declarations are looked into as well: nothing is skipped.
    const found = await complaints(project, join(root, folder, 'bin/tsc'), ['--module', 'nodenext', ...sources])
    t.match(found, [/^wrong\.mts\(2,14\)/], `TypeScript ${version}, nodenext: what is wrong is seen`)
    t.same(found.slice(1), [], 'and nothing else')
  }
  t.same(await complaints(project, join(root, versions[6], 'bin/tsc'), ['--module', 'esnext', '--moduleResolution', 'bundler', 'use.mts']), [], 'bundler')
})

/** What a compiler says about the project and the package; what other packages get wrong in their declarations is theirs. */
async function complaints (project: string, tsc: string, words: string[]): Promise<string[]> {
  const always = ['--noEmit', '--strict', '--target', 'es2024', '--moduleDetection', 'force', '--types', 'node', '--pretty', 'false']
  const output = await run(process.execPath, [tsc, ...always, ...words], { cwd: project }).then(({ stdout }) => stdout, (error: { stdout: string }) => error.stdout)
  const lines = output.split('\n').filter((line) => /^\S/.test(line))
  return lines.filter((line) => !/^(?:\.\.\/|node_modules\/(?!fastify-entra\/))/.test(line))
}
