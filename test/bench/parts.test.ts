import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { barsOf } from '../../bench/bars.ts'
import { goalsOf } from '../../bench/goals.ts'
import { measure, medianCost } from '../../bench/measure.ts'
import { readCommandLine } from '../../bench/options.ts'
import { personOf } from '../../bench/people.ts'
import { partsOf, partsTable } from '../../bench/profile.ts'
import { busyOf, busyWithChildren } from '../../bench/program.ts'
import { figure, folderFor, tableOf, writeReport } from '../../bench/report.ts'
import { median, quantile } from '../../bench/statistics.ts'
import { temporaryFolder } from '../store/database.ts'

t.test('medians and quantiles are of the numbers in their order', async (t) => {
  t.equal(median([9, 1, 5]), 5)
  t.equal(median([4, 1, 3, 2]), 2.5)
  t.ok(Number.isNaN(median([])))
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  t.same([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile(hundred, 1), quantile(hundred, 0)], [50, 99, 100, 1])
  t.ok(Number.isNaN(quantile([], 0.5)))
})

t.test('what a work costs is the time of the servers and the database, for each time that it was done', async (t) => {
  const clocks = { servers: 0, database: 1_000 }
  let done = 0
  const cost = await measure({ servers: () => clocks.servers, database: () => clocks.database }, 10, 3, async () => {
    done += 1
    clocks.servers += 30
    clocks.database += 7
  })
  t.equal(done, 10)
  t.match(cost, { cpu: 30, database: 7 })
  t.ok(cost.perSecond > 0 && cost.p50 <= cost.p99)
  t.equal((await measure({ servers: () => 5 }, 2, 1, async () => {})).database, 0)
  await t.rejects(measure({ servers: () => 0 }, 2, 1, async () => { throw new Error('no session') }), { message: 'no session' })
  t.match(medianCost([{ ...cost, cpu: 1 }, { ...cost, cpu: 9 }, { ...cost, cpu: 2 }]), { cpu: 2, database: 7 })
})

t.test('the processor\'s time of a process grows while it works, and with its children\'s it is no less', async (t) => {
  const before = busyOf(process.pid)
  const until = before + 20_000
  while (busyOf(process.pid) < until);
  t.ok(busyWithChildren(process.pid) >= until)
})

t.test('a ratio is the median of the rounds\' ratios, each of what was measured side by side', async (t) => {
  const turn = (cpu: number, memory = 100e6): never => {
    const cost = { cpu, database: 0, perSecond: 1, p50: 1, p99: 1 }
    return { first: cost, repeat: cost, visit: cost, memory } as never
  }
  const goals = goalsOf({ bare: [turn(10), turn(10), turn(40)], handWritten: [turn(100), turn(200), turn(800)], ours: [turn(50), turn(120), turn(400)], coldStart: [90, 160, 140] })
  t.same(goals.map(({ most, value }) => [most, value]), [[0.6, 0.5], [0.6, 0.5], [1.6, 10], [130, 100], [150, 140]])
})

t.test('ids of people who come one after the other lie apart, and are one person\'s each', async (t) => {
  t.same(personOf(0), personOf(0))
  t.match(personOf(1_000_000).oid, /^[\da-f]{8}-0000-4000-8001-[\da-f]{12}$/)
  t.equal(new Set(Array.from({ length: 1_000 }, (_, number) => personOf(number).oid.slice(0, 2))).size > 200, true)
})

t.test('a command line has the counts of a whole run, unless it says others', async (t) => {
  const read = (...args: string[]) => readCommandLine({ rounds: 7, 'sign-ins': 100 }, ['out'], ['source'], args)
  t.match(read(), { counts: { rounds: 7, 'sign-ins': 100 }, isWhole: true, out: undefined, source: false })
  t.match(read('--rounds', '9', '--source', '--out', 'x'), { counts: { rounds: 9 }, isWhole: true, out: 'x', source: true })
  t.match(read('--rounds', '2'), { counts: { rounds: 2, 'sign-ins': 100 }, isWhole: false })
  t.throws(() => read('--rounds', 'many'), { message: '--rounds is many, and must be a number' })
  t.throws(() => read('--round', '2'), { code: 'ERR_PARSE_ARGS_UNKNOWN_OPTION' })
})

t.test('a report goes where it is told to, or into the documents where the run was whole', async (t) => {
  t.equal(folderFor('x', false), 'x')
  t.equal(folderFor(undefined, false), null)
  t.equal(folderFor(undefined, true), join(import.meta.dirname, '../../docs'))
  const out = temporaryFolder(t)
  const report = { json: ['a.json', { a: 1 }] as const, pictures: { 'a.svg': '<svg/>' }, marked: { one: '| new |\n', three: 'x' } }
  writeReport(out, report)
  t.same(JSON.parse(readFileSync(join(out, 'a.json'), 'utf8')), { a: 1 })
  t.equal(readFileSync(join(out, 'pictures/a.svg'), 'utf8'), '<svg/>')
  writeFileSync(join(out, 'speed.md'), 'text\n<!-- one -->\nold\n<!-- /one -->\n<!-- two -->\nstays\n<!-- /two -->\n')
  writeReport(out, report)
  t.equal(readFileSync(join(out, 'speed.md'), 'utf8'), 'text\n<!-- one -->\n| new |\n<!-- /one -->\n<!-- two -->\nstays\n<!-- /two -->\n')
})

t.test('a table has its empty cells, and its figures have commas', async (t) => {
  t.equal(tableOf(['', 'b', ''], [['x|y', '', '']]), '| | b | |\n|---|---|---|\n| x\\|y | | |\n')
  t.same([figure(1_234.5678), figure(1_234.5678, 2), figure(2, 1)], ['1,235', '1,234.57', '2.0'])
})

t.test('bars are as long as their values are to the longest of their group', async (t) => {
  const picture = barsOf({ title: 'a & b', groups: [{ name: 'one', unit: 'µs', bars: [{ name: 'x', value: 1_000 }, { name: 'y', value: 250 }] }, { name: 'two', unit: 'µs', bars: [{ name: 'y', value: 2.5 }] }] })
  t.same([...picture.matchAll(/<rect x="130" y="\d+" width="([\d.]+)" height="18" fill="([^"]+)"/g)].map(([, width]) => width), ['500', '125', '500'])
  t.same([...picture.matchAll(/fill="(#\w+)"\/><text [^>]*>([\d.,]+) µs/g)].map(([, color, value]) => [color, value]), [['#0072b2', '1,000'], ['#d55e00', '250'], ['#d55e00', '2.5']])
  t.match(picture, 'aria-label="a &amp; b"')
})

t.test('a profile says where the time went, and what was idle is left out', async (t) => {
  const node = (id: number, functionName: string, url: string): object => ({ id, callFrame: { functionName, url, lineNumber: 4 } })
  const profile = { nodes: [node(1, '(idle)', ''), node(2, 'route', 'file:///x/node_modules/fastify/lib/route.js'), node(3, '', 'node:net'), node(4, '(garbage collector)', '')], samples: [1, 2, 2, 3, 4], timeDeltas: [90_000, 2_000, 4_000, 3_000, 1_000] }
  const { owners, functions } = partsOf(JSON.stringify(profile))
  t.same(owners, [['fastify', 6], ['Node itself', 3], ['(garbage collector)', 1]])
  t.same(functions, [['route, fastify route.js:5', 6], ['anonymous, Node itself node:net:5', 3], ['(garbage collector)', 1]])
  t.match(partsTable(owners, 1), '| fastify | 6.0 | 60.0 % |\n')
})
