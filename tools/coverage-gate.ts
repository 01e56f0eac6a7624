// Shows that the coverage gate bites: one test file alone leaves lines uncovered, so its run must fail.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const { status, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, 'test.ts'), '--coverage', 'test/core/options.test.ts'], { encoding: 'utf8' })
const bites = status === 1 && stdout.includes('coverage is below 100 per cent')
console.log(bites ? 'the coverage gate bites' : `the coverage gate does not bite: status ${status}\n${stdout}`)
process.exitCode = bites ? 0 : 1
