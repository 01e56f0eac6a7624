import t from 'tap'
import { takesLong } from '../patient.ts'
import { describeReport, fuzz, type Target } from './fuzz.ts'

/** The seed of the tests: every run tries the same inputs. */
export const fixedSeed = 20_260_101

/** Tries a thousand inputs, after those that were found earlier. */
export function fuzzes<Input> (target: Target<Input>): void {
  takesLong()
  void t.test(`${target.name}: ${target.rule}`, async (t) => {
    const report = await fuzz(target, { runs: 1_000, seed: fixedSeed })
    t.equal(report.finding, null, describeReport(report))
    t.ok(report.inputs >= 1_000)
    for (const outcome of target.reaches) t.ok(report.tally.has(outcome), `the inputs reach "${outcome}"`)
  })
}
