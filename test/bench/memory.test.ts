import { execFile } from 'node:child_process'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { takesLong } from '../patient.ts'
import { temporaryFolder } from '../store/database.ts'

takesLong()

const root = join(import.meta.dirname, '../..')

t.test('the watch over memory does real sign-ins and reads, and writes its picture and its table', async (t) => {
  const out = temporaryFolder(t)
  copyFileSync(join(root, 'docs/memory.md'), join(out, 'memory.md'))
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'bench/memory.ts'), '--source', '--sign-ins', '40', '--reads', '60', '--out', out], { cwd: root })
  t.match(stdout, /^40 sign-ins, 60 reads, \d+ s: \d+ MB$/m)
  t.match(readFileSync(join(out, 'memory.md'), 'utf8'), /\| sign-ins \| 40 \|\n\| session reads \| 60 \|/)
  const picture = readFileSync(join(out, 'pictures/memory.svg'), 'utf8')
  t.match(picture, '40 sign-ins and 60 session reads')
  // It begins at the start of the watch, give or take the time that a busy machine needs for the first look.
  t.match(picture, /<path d="M\d[\d.]* [\d.]+L/)
})
