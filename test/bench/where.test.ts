import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { askersOf } from '../../bench/profile.ts'
import { takesLong } from '../patient.ts'
import { temporaryFolder } from '../store/database.ts'
import { numberOf, root, rowsOf, runBench } from './run.ts'

takesLong()

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 0 })

t.test('what Node spends is counted to whoever asked for it; SQLite is apart, and what came before or was idle is left out', async (t) => {
  const text = JSON.stringify({
    startTime: 1_000,
    nodes: [
      { id: 1, children: [2, 4, 7, 8], callFrame: frame('(root)', '') },
      { id: 2, children: [3], callFrame: frame('send', 'file:///app/node_modules/fastify/lib/reply.js') },
      { id: 3, callFrame: frame('write', 'node:net') },
      { id: 4, children: [5], callFrame: frame('#execute', 'file:///app/node_modules/fastify-entra/dist/src/store/sqlite-dialect.js') },
      { id: 5, children: [6], callFrame: frame('all', '') },
      { id: 6, callFrame: frame('', '') },
      { id: 7, callFrame: frame('(idle)', '') },
      { id: 8, callFrame: frame('onread', 'node:internal/stream') }
    ],
    samples: [2, 3, 2, 6, 5, 7, 8],
    timeDeltas: [100, 100, 200, 300, 1_000, 5_000, 50]
  })
  t.same(askersOf(text, 1_150_000n).map(([name, milliseconds]) => [name, Math.round(milliseconds * 1_000)]), [['SQLite', 1_300], ['fastify', 300], ['Node itself, for nobody', 50]])
})

t.test('the command takes profiles of real sign-ins and requests, and writes what they are made of', async (t) => {
  const out = temporaryFolder(t)
  copyFileSync(join(root, 'docs/speed.md'), join(out, 'speed.md'))
  const small = ['--sign-ins', '40', '--visits', '200', '--warm-sign-ins', '10', '--warm-visits', '20', '--starts', '2']
  await runBench('where.ts', '--source', ...small, '--out', out)
  const page = readFileSync(join(out, 'speed.md'), 'utf8')
  t.ok(numberOf(rowsOf(page, /^SQLite$/)[0]![0]) > 0)
  t.ok(rowsOf(page, /^fastify$/).length >= 1)
  const { signIns, visits, starts } = JSON.parse(readFileSync(join(out, 'speed-where.json'), 'utf8'))
  t.ok(signIns.SQLite > 0)
  t.ok(visits.fastify > 0)
  t.ok(starts.joi > 0 && starts.SQLite > 0)
  t.equal(starts['(idle)'], undefined)
})
