// Watches the memory of a server over very many sign-ins and session reads:
// node bench/memory.ts [--sign-ins 100000] [--reads 1000000] [--out docs] [--source]
//
// One server with durable accounts and sessions, in a process of its own; Microsoft's part and the browsers are others'.
// Half of the sign-ins are first ones. Writes OUT/pictures/memory.svg and the table of OUT/memory.md. The database
// stands in memory (/dev/shm) where there is such a place: what is watched is the process, and not the disk. What is built (dist) runs, or with --source the sources.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { withMarked } from '../tools/marked.ts'
import { ourSite, signIn, times, visit } from './browser.ts'
import { personOf } from './people.ts'
import { plotOf } from './plot.ts'
import { fromSources, start } from './program.ts'

const { values } = parseArgs({ options: { 'sign-ins': { type: 'string', default: '100000' }, reads: { type: 'string', default: '1000000' }, out: { type: 'string', default: 'docs' }, source: { type: 'boolean', default: false } } })
const rounds = 20
const signIns = Math.ceil(Number(values['sign-ins']) / rounds)
const reads = Math.ceil(Number(values.reads) / rounds)
const megabyte = 1_000_000

const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fastify-entra-'))
const microsoft = await start('microsoft.ts')
const server = await start('servers/ours.ts', [{ authority: `http://localhost:${microsoft.port}`, database: join(folder, 'accounts.sqlite') }], fromSources(values.source))
const site = ourSite(server)

const startedAt = performance.now()
const samples: Array<[seconds: number, megabytes: number]> = []
const sample = (): void => { samples.push([(performance.now() - startedAt) / 1_000, server.memory() / megabyte]) }
sample()
const timer = setInterval(sample, 1_000)

const ends: number[] = []
for (let round = 0; round < rounds; round++) {
  const cookies: Array<[cookie: string, email: string]> = []
  const newcomers = Math.ceil(signIns / 2)
  await times(signIns, 8, async (index) => {
    const person = index < newcomers ? round * newcomers + index : index - newcomers
    const cookie = await signIn(site, person)
    if (cookies.length < 1_000) cookies.push([cookie, personOf(person).email])
  })
  await times(reads, 8, async (index) => await visit(site, ...cookies[index % cookies.length]!))
  ends.push(server.memory() / megabyte)
  console.log(`${signIns * (round + 1)} sign-ins, ${reads * (round + 1)} reads, ${Math.round((performance.now() - startedAt) / 1_000)} s: ${ends.at(-1)!.toFixed(0)} MB`)
}
clearInterval(timer)
sample()
await server.stop()
await microsoft.stop()
rmSync(folder, { recursive: true, force: true })

const half = ends.slice(rounds / 2)
const change = (mean(half.slice(half.length / 2)) / mean(half.slice(0, half.length / 2)) - 1) * 100
mkdirSync(join(values.out, 'pictures'), { recursive: true })
writeFileSync(join(values.out, 'pictures/memory.svg'), plotOf({
  title: `Memory of one server: ${thousands(signIns * rounds)} sign-ins and ${thousands(reads * rounds)} session reads`, x: 'seconds', y: 'resident memory (MB)', lines: [{ name: 'fastify-entra', points: thinned(samples) }]
}))
const rows = [
  ['sign-ins', thousands(signIns * rounds)],
  ['session reads', thousands(reads * rounds)],
  ['seconds', thousands(Math.round(samples.at(-1)![0]))],
  ['after the start', `${samples[0]![1].toFixed(0)} MB`],
  ['most', `${Math.max(...samples.map(([, value]) => value)).toFixed(0)} MB`],
  ['third quarter, mean at the end of rounds', `${mean(half.slice(0, half.length / 2)).toFixed(0)} MB`],
  ['last quarter, mean at the end of rounds', `${mean(half.slice(half.length / 2)).toFixed(0)} MB (${change >= 0 ? '+' : ''}${change.toFixed(1)} %)`],
  ['machine', `${cpus().length} processors, ${process.platform}, Node ${process.versions.node}`]
]
const page = join(values.out, 'memory.md')
const table = `| | |\n|---|---|\n${rows.map(([name, value]) => `| ${name} | ${value} |`).join('\n')}\n`
if (existsSync(page)) writeFileSync(page, withMarked(readFileSync(page, 'utf8'), 'memory', () => table))
console.log(table)

function mean (numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length
}

function thousands (number: number): string {
  return number.toLocaleString('en')
}

/** At most some 400 of them: of each stretch the largest, so that no peak is lost. */
function thinned (all: ReadonlyArray<[number, number]>): Array<[number, number]> {
  const stretch = Math.ceil(all.length / 400)
  return Array.from({ length: Math.ceil(all.length / stretch) }, (_, index) => all.slice(index * stretch, (index + 1) * stretch).reduce((most, one) => one[1] > most[1] ? one : most))
}
