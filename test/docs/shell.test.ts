import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { commands } from '../../bin/commands.ts'
import { blocksOf, documents, proseOf, root } from './documents.ts'
import { commandsOf, complaintAbout, type Offered } from './shell.ts'

const { name, scripts, dependencies, devDependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
// What readers come from, and leave.
const left = ['passport', 'passport-azure-ad', '@auth/core', 'next-auth']
// Commands that another part of this release brings, until they are there.
const awaited = ['doctor', 'explain', 'manifest'].filter((word) => !commands.some(({ words }) => words[0] === word))

function offeredIn (text: string): Offered {
  return {
    scripts: new Set(Object.keys(scripts)),
    packages: new Set([name, ...left, ...Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })]),
    subcommands: commands.map(({ words }) => words.join(' ')),
    // A file of the repository, or one that the document has its reader make.
    exists: (file) => existsSync(join(root, file)) || new RegExp(`\`${file.replace('./', '').replaceAll('.', '\\.')}\``).test(text)
  }
}

t.test('a command of the documents is there, with what it is given', async (t) => {
  for (const document of documents()) {
    const offered = offeredIn(document.text)
    for (const block of blocksOf(document).filter(({ language }) => language === 'sh')) {
      for (const command of commandsOf(block.code)) {
        t.equal(complaintAbout(command, offered), null, `${block.document}:${block.line}: ${command.join(' ')}`)
      }
    }
    for (const [, script] of proseOf(document).matchAll(/npm run ([\w:-]+)/g)) t.ok(Object.hasOwn(scripts, script!), `${document.name}: npm run ${script}`)
    for (const [, words] of proseOf(document).matchAll(/`npx fastify-entra ([a-z][a-z -]*[a-z])/g)) {
      if (!awaited.includes(words!.split(' ')[0]!)) t.equal(complaintAbout(['npx', 'fastify-entra', ...words!.split(' ')], offered), null, `${document.name}: npx fastify-entra ${words}`)
    }
  }
})

t.test('a command that is not there is noticed', async (t) => {
  const offered = offeredIn('write `app.mjs`')
  const complaint = (line: string): Array<string | null> => commandsOf(line).map((command) => complaintAbout(command, offered))
  t.same(complaint('npm ci && npm run dmeo'), [null, 'no script dmeo'])
  t.match(complaint('npm install fastify fastify-entrra'), [/fastify-entrra/])
  t.match(complaint('npx fastify-entra clients ad'), [/no command clients ad/])
  t.match(complaint('A=1 B="x y" frobnicate --all | openssl rand'), [/no command frobnicate/, null])
  t.match(complaint('auth=$(curll -s "$x|y")'), [/no command curll/])
  t.same(complaint('node app.mjs'), [null])
  t.match(complaint('node other.mjs # comment'), [/other\.mjs/])
})
