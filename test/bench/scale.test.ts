import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { takesLong } from '../patient.ts'
import { needsPostgres } from '../services.ts'
import { temporaryFolder } from '../store/database.ts'
import { numberOf, root, rowsOf, runBench } from './run.ts'

takesLong()

const small = ['--source', '--users', '20,50', '--rounds', '1', '--sign-ins', '10', '--visits', '20', '--warm-sign-ins', '4', '--warm-visits', '10']

t.test('the benchmark by the number of people fills files, measures one server and two, and writes page, picture and figures', async (t) => {
  await measures(t, 'sqlite', 'SQLite', 'SQLite, one server, SQLite, 2 servers')
})

t.test('and the same with PostgreSQL, whose own time is told apart', needsPostgres(), async (t) => {
  const page = await measures(t, 'postgresql', 'PostgreSQL', 'PostgreSQL, one server, PostgreSQL, 2 servers')
  t.match(rowsOf(page, /^PostgreSQL, one server$/)[0]![1], /^[\d.,]+ \+ [\d.,]+ µs$/)
})

async function measures (t: Test, engine: string, name: string, lines: string): Promise<string> {
  const out = temporaryFolder(t)
  copyFileSync(join(root, 'docs/speed.md'), join(out, 'speed.md'))
  await runBench('scale.ts', ...small, '--engines', engine, '--out', out)
  const page = readFileSync(join(out, 'speed.md'), 'utf8')
  const rows = ['one server', '2 servers'].flatMap((servers) => rowsOf(page, new RegExp(`^${name}, ${servers}$`)))
  t.same(rows.map(([people]) => people), ['20', '50', '20', '50'], lines)
  for (const [, ...cells] of rows) for (const cell of cells) t.ok(numberOf(cell) > 0, cell)
  const judged = rowsOf(page, new RegExp(`^(?:first sign-in|repeat sign-in|signed-in request), ${name}, (?:one server|2 servers)$`))
  t.equal(judged.length, 6)
  const { found } = JSON.parse(readFileSync(join(out, 'speed-scale.json'), 'utf8'))
  t.match(found, [{ engine, processes: 1, users: 20, first: { cpu: Number } }, { users: 50 }, { processes: 2 }, {}])
  t.match(readFileSync(join(out, 'pictures/speed-scale.svg'), 'utf8'), new RegExp(`<path d="M[\\d. ]+L[\\d. ]+"[^]*>first sign-in, ${name}, one server</text>`))
  return page
}
