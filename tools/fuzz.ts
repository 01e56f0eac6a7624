// Tries many inputs on whatever takes what others send: npm run fuzz -- [target …] [--runs 100000] [--seed N] [--path …]
//
// Without targets, all of them. Prints a line and a tally for each; where one does not hold, also the input, and how to
// see it again. The exit code is 1 then.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { describeReport, fuzz } from '../test/fuzz/fuzz.ts'
import { targets } from '../test/fuzz/targets.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '100000' }, seed: { type: 'string', default: String(randomInt(2 ** 31)) }, path: { type: 'string' } }
})

const unknown = positionals.filter((name) => !targets.some((target) => target.name === name))
const [runs, seed] = [values.runs, values.seed].map(Number) as [number, number]
if (unknown.length > 0 || !Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed)) {
  console.error(`npm run fuzz -- [target …] [--runs 100000] [--seed N] [--path …]\nThe targets are ${targets.map(({ name }) => name).join(', ')}.`)
  process.exit(2)
}

for (const target of targets) {
  if (positionals.length > 0 && !positionals.includes(target.name)) continue
  const report = await fuzz(target, { runs, seed, path: values.path })
  console.log(describeReport(report))
  if (report.finding !== null) process.exitCode = 1
}
