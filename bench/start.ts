// Measures how long a process takes until our server is ready, and says what it is made of:
// node bench/start.ts [--starts 15] [--lines 20] [--source]
//
// Prints the times, how many modules of whom were loaded, of how many sources of parts that are optional these are made, and the
// largest parts of a profile.
import { join } from 'node:path'
import { coldStarts, profileStart, startOnce, startTable } from './cold-start.ts'
import { countOwners, sourcesOf } from './modules.ts'
import { readCommandLine } from './options.ts'
import { partsOf, partsTable } from './profile.ts'
import { temporaryFolder } from './program.ts'
import { tableOf } from './report.ts'

/** Parts that not every application has: packages, and rooms of ours. */
const optional = ['pg', 'redis', '@redis/client', 'oidc-provider', '@fastify/rate-limit', 'plugins/identity', 'src/identity', 'plugins/simulator', 'src/simulator', 'plugins/setup', 'src/diagnosis', 'plugins/codes', 'src/challenges', 'plugins/pages', 'src/pages']

const { counts: { starts, lines }, source } = readCommandLine({ starts: 15, lines: 20 }, [], ['source'])
const folder = temporaryFolder()
const cold = await coldStarts({ times: starts, source, folder })
const database = join(folder, 'cold-0.sqlite')
const { modules } = await startOnce({ source }, database, { modules: true })
const profile = partsOf((await profileStart({ source, folder }, database)).text)

const sources = new Map(countOwners(modules.flatMap(sourcesOf)))
console.log([
  startTable(cold),
  tableOf(['modules of', 'loaded'], [['all', String(modules.length)], ...countOwners(modules).slice(0, lines).map(([owner, count]) => [owner, String(count)])]),
  tableOf(['optional', 'sources loaded'], optional.map((name) => [name, String(sources.get(name) ?? 0)])),
  partsTable(profile.owners, lines),
  partsTable(profile.functions, lines)
].join('\n'))
