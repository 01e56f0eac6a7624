// Measures the functions that every sign-in or request runs, each by itself, with mitata:
// node bench/micro.ts [--milliseconds 600] [--out FOLDER]
//
// Prints a table; with at least that much time for each it also writes it into docs/speed.md.
import { measure } from 'mitata'
import { hotFunctions } from './hot-functions.ts'
import { machine } from './machine.ts'
import { readCommandLine } from './options.ts'
import { figure, folderFor, tableOf, writeReport } from './report.ts'

const { counts: { milliseconds }, isWhole, out } = readCommandLine({ milliseconds: 600 }, ['out'])
const found = []
for (const [name, work] of await hotFunctions()) {
  const { p50, avg, p99 } = await measure(work, { min_cpu_time: milliseconds * 1e6 })
  found.push({ name, p50, avg, p99 })
}

const table = tableOf(['', 'median', 'mean', '99 of 100 within'], found.map(({ name, ...times }) => [name, ...[times.p50, times.avg, times.p99].map((time) => `${figure(time / 1_000, 2)} µs`)]))
console.log(table)
const target = folderFor(out, isWhole)
if (target !== null) writeReport(target, { json: ['speed-micro.json', { facts: machine(), milliseconds, found }], pictures: {}, marked: { micro: table } })
