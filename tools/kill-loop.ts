// Kills servers in the middle of their work, and looks whether anything was lost:
// node tools/kill-loop.ts [--kills 200] [--seed 1] [--database postgres://…]
//
// Without --database it runs on an SQLite file of its own. A database that is given must be empty, and is left as it is.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runKillLoop } from '../test/servers/kill-loop.ts'

const { values } = parseArgs({ options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' }, database: { type: 'string' } } })
const folder = mkdtempSync(join(tmpdir(), 'fastify-entra-'))
const atEnd: Array<() => unknown> = [() => rmSync(folder, { recursive: true, force: true })]
const owner = { teardown: (work: () => unknown) => { atEnd.unshift(work) } }

const startedAt = performance.now()
const report = await runKillLoop(owner as never, values.database ?? join(folder, 'site.sqlite'), Number(values.kills), Number(values.seed))
for (const work of atEnd) await work()
console.log(JSON.stringify(report.done, null, 2))
console.log(`${report.kills} kills in ${Math.round((performance.now() - startedAt) / 1000)} s, ${report.cutOff} requests cut off, ${report.faults.length} faults`)
for (const fault of report.faults) console.log(`FAULT ${fault}`)
process.exitCode = report.faults.length === 0 ? 0 : 1
