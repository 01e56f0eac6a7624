import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { slowness } from '../busy-time.ts'
import { describeReport, foundCases, fuzz, type Target } from './fuzz.ts'
import { targets } from './targets.ts'

/** A target that takes numbers, and does what a test says. */
function numbers (attempt: (input: number) => unknown, control: readonly string[] = []): Target<number> {
  return {
    name: 'numbers',
    rule: 'numbers are taken',
    input: fc.integer({ min: 0, max: 100_000 }),
    reaches: [],
    open: () => ({ attempt: async (input) => ({ outcome: input % 2 === 0 ? 'even' : 'odd', complaints: await attempt(input) === false ? ['too large'] : [] }), control: () => control })
  }
}

const setting = { runs: 500, seed: 1, found: [] }

t.test('what holds is told with number, seed and tally', async (t) => {
  const report = await fuzz(numbers(() => true), setting)
  t.match(report, { name: 'numbers', inputs: 500, seed: 1, finding: null })
  t.equal([...report.tally.values()].reduce((sum, count) => sum + count), 500)
  t.match(describeReport(report), /^numbers: 500 inputs in [\d.]+ s, seed 1, slowest [\d.]+ ms: held\n {2}(?:even|odd) \d+, (?:even|odd) \d+$/)
})

t.test('what does not is found, made small, and found again by seed and path', async (t) => {
  const target = numbers((input) => input < 1_000)
  const report = await fuzz(target, setting)
  t.match(report.finding, { complaints: ['too large'], input: 1_000 })
  t.match(describeReport(report), new RegExp(`FOUND\\n {2}too large\\n {2}input: 1000\\n {2}again: npm run fuzz -- numbers --seed 1 --path ${report.finding!.path}\\n`))
  const again = await fuzz(target, { ...setting, path: report.finding!.path })
  t.match(again, { finding: { input: 1_000 } })
  t.ok(again.inputs < 5, 'at once')
})

t.test('cases that were found earlier come first', async (t) => {
  const seen: number[] = []
  const report = await fuzz(numbers((input) => seen.push(input)), { ...setting, found: [{ found: 'long ago', input: 77 }] })
  t.equal(seen[0], 77)
  t.equal(report.inputs, 501)
})

t.test('a throw, a rejection that nobody handles, and what is slow each time are findings', async (t) => {
  t.match((await fuzz(numbers(() => { throw new TypeError('oops') }), setting)).finding!.complaints, [/^threw TypeError: oops/])
  let count = 0
  const burn = (): void => {
    const { user, system } = process.cpuUsage()
    while (process.cpuUsage().user + process.cpuUsage().system - user - system < 60_000 * slowness) { /* busy */ }
  }
  t.match((await fuzz(numbers(burn), { runs: 1, seed: 1, found: [] })).finding!.complaints, [/^took \d+ ms of processor time, again and again$/])
  t.equal((await fuzz(numbers(() => { if (++count === 3) burn() }), { runs: 20, seed: 1, found: [] })).finding, null, 'once is a pause of somebody else')
  t.match((await fuzz(numbers(() => true, ['nobody signs in']), setting)).finding, { complaints: ['afterwards, nobody signs in'] })
})

t.test('every target has its test, and every file of found cases its target', async (t) => {
  const names = targets.map(({ name }) => name).sort()
  t.same(readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts') && name !== 'fuzz.test.ts').map((name) => name.replace('.test.ts', '')).sort(), names)
  const files = readdirSync(join(import.meta.dirname, '../fixtures/fuzz')).map((name) => name.replace('.json', ''))
  for (const name of files) {
    t.ok(names.includes(name), name)
    t.ok(foundCases(name).every(({ found }) => found.length > 10))
  }
})

t.test('the command prints a line for a target, and refuses what there is not', async (t) => {
  const run = (...words: string[]) => spawnSync(process.execPath, [join(import.meta.dirname, '../../tools/fuzz.ts'), ...words], { encoding: 'utf8' })
  const held = run('address', '--runs', '50', '--seed', '1')
  t.equal(held.status, 0, held.stderr)
  t.match(held.stdout, /^address: 50 inputs in [\d.]+ s, seed 1, slowest [\d.]+ ms: held\n/)
  for (const words of [['adress'], ['address', '--runs', '0'], ['address', '--seed', 'x']]) t.match(run(...words), { status: 2, stderr: /The targets are start, / }, words.join(' '))
})
