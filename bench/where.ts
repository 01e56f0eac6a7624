// Says what a sign-in and a signed-in request of our server are made of, and what its start is:
// node bench/where.ts [--sign-ins 3000] [--visits 60000] [--warm-sign-ins 3000] [--warm-visits 20000] [--starts 15] [--out FOLDER] [--source]
//
// From profiles of the processor's time (--cpu-prof), what came before the warm-up's end left out, and of a start what came before
// the package was imported. A run of at least the
// numbers above writes the part of docs/speed.md, a smaller one only where --out says so.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { profileStart, startOnce } from './cold-start.ts'
import { ourSite, signIn, type Site, times, visit } from './browser.ts'
import { readCommandLine } from './options.ts'
import { personOf } from './people.ts'
import { askersOf, type Parts } from './profile.ts'
import { fromSources, start, temporaryFolder } from './program.ts'
import { figure, folderFor, tableOf, writeReport } from './report.ts'

/** Parts that are smaller than this share of the whole are told together. */
const smallest = 0.01

const { counts, isWhole, out, source } = readCommandLine({ 'sign-ins': 3_000, visits: 60_000, 'warm-sign-ins': 3_000, 'warm-visits': 20_000, starts: 15 }, ['out'], ['source'])
const folder = temporaryFolder()
const microsoft = await start('microsoft.ts')
const atOnce = 8

const signIns = await profileOf('sign-ins', async (site) => {
  const half = Math.ceil(counts['sign-ins'] / 2)
  await times(counts['warm-sign-ins'], atOnce, async (index) => await signIn(site, index))
  return async () => {
    await times(half, atOnce, async (index) => await signIn(site, counts['warm-sign-ins'] + index))
    await times(half, atOnce, async (index) => await signIn(site, index % counts['warm-sign-ins']))
  }
})
const visits = await profileOf('visits', async (site) => {
  const cookie = await signIn(site, 0)
  const look = async (): Promise<void> => await visit(site, cookie, personOf(0).email)
  await times(counts['warm-visits'], atOnce, look)
  return async () => await times(counts.visits, atOnce, look)
})
await microsoft.stop()

const starts = await profileOfStarts()

const tables = { 'sign-ins': tableFor(signIns), visits: tableFor(visits), starts: tableFor(starts) }
console.log(`sign-ins, half of them first ones:\n\n${tables['sign-ins']}\nsigned-in requests:\n\n${tables.visits}\nimporting and registering:\n\n${tables.starts}`)
const target = folderFor(out, isWhole)
if (target !== null) {
  writeReport(target, {
    json: ['speed-where.json', { counts, signIns: Object.fromEntries(signIns), visits: Object.fromEntries(visits), starts: Object.fromEntries(starts) }],
    pictures: {},
    marked: { 'where-sign-ins': tables['sign-ins'], 'where-visits': tables.visits, 'where-starts': tables.starts }
  })
}

/** Whom our server spent its time for, after the warm-up. */
async function profileOf (name: string, warmUp: (site: Site) => Promise<() => Promise<void>>): Promise<Parts> {
  const database = join(folder, `${name}.sqlite`)
  const server = await start('servers/ours.ts', [{ authority: `http://localhost:${microsoft.port}`, database }], [
    ...fromSources(source), '--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}.cpuprofile`
  ])
  const work = await warmUp(ourSite(server))
  const since = process.hrtime.bigint()
  await work()
  await server.stop()
  return askersOf(readFileSync(join(folder, `${name}.cpuprofile`), 'utf8'), since)
}

/** Whom the time of importing and registering the package was spent for, all starts together. */
async function profileOfStarts (): Promise<Parts> {
  const database = join(folder, 'starts.sqlite')
  await startOnce({ source }, database)
  const found = new Map<string, number>()
  for (let index = 0; index < counts.starts; index++) {
    const { text, since } = await profileStart({ source, folder }, database)
    for (const [part, milliseconds] of askersOf(text, since)) found.set(part, (found.get(part) ?? 0) + milliseconds)
  }
  return [...found].sort((a, b) => b[1] - a[1])
}

function tableFor (parts: Parts): string {
  const whole = parts.reduce((sum, [, milliseconds]) => sum + milliseconds, 0)
  const large = parts.filter(([, milliseconds]) => milliseconds >= smallest * whole)
  const rest = whole - large.reduce((sum, [, milliseconds]) => sum + milliseconds, 0)
  return tableOf(['for', 'of all'], [...large, [`${parts.length - large.length} others`, rest] as const].map(([name, milliseconds]) => [name, `${figure(milliseconds / whole * 100, 1)} %`]))
}
