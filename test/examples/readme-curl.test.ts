import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { blocksOf, documents } from '../docs/documents.ts'
import { takesLong } from '../patient.ts'
import { startExample } from './program.ts'

takesLong()

const skip = spawnSync('curl', ['--version']).status === 0 ? false : 'curl is not installed'

t.test('the lines of curl in the README sign Ada in at the demonstration, and out again', { skip }, async (t) => {
  const folder = t.testdir()
  const demo = await startExample('demo.ts', { DATABASE: join(folder, 'demo.sqlite') })
  t.teardown(async () => await demo.stop())
  const block = documents().filter(({ name }) => name === 'README.md').flatMap(blocksOf).find(({ code }) => code.includes('curl'))!
  const lines = block.code.replaceAll('http://localhost:3000', demo.baseUrl)
  const here = (text: string): string => spawnSync('sh', ['-c', text], { cwd: folder, encoding: 'utf8' }).stdout
  const signOut = lines.indexOf('curl -s -b jar -c jar -X POST')
  t.match(JSON.parse(here(lines.slice(0, signOut))), { displayName: 'Ada Lovelace', email: { score: 90 } })
  const status = `curl -s -b jar -o me.out -w '%{http_code}' ${demo.baseUrl}/me`
  t.equal(here(status), '200')
  here(lines.slice(signOut))
  t.equal(here(status), '401')
})
