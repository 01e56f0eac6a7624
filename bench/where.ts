// Says what a sign-in and a signed-in request of our server are made of:
// node bench/where.ts [--sign-ins 3000] [--visits 60000] [--warm-sign-ins 3000] [--warm-visits 20000] [--out FOLDER] [--source]
//
// From profiles of the processor's time (--cpu-prof), what came before the warm-up's end left out. A run of at least the
// numbers above writes the part of docs/speed.md, a smaller one only where --out says so.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ourSite, signIn, type Site, times, visit } from './browser.ts'
import { readCommandLine } from './options.ts'
import { personOf } from './people.ts'
import { askersOf, type Parts } from './profile.ts'
import { fromSources, start, temporaryFolder } from './program.ts'
import { figure, folderFor, tableOf, writeReport } from './report.ts'

/** Parts that are smaller than this share of the whole are told together. */
const smallest = 0.01

const { counts, isWhole, out, source } = readCommandLine({ 'sign-ins': 3_000, visits: 60_000, 'warm-sign-ins': 3_000, 'warm-visits': 20_000 }, ['out'], ['source'])
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

const tables = { 'sign-ins': tableFor(signIns), visits: tableFor(visits) }
console.log(`sign-ins, half of them first ones:\n\n${tables['sign-ins']}\nsigned-in requests:\n\n${tables.visits}`)
const target = folderFor(out, isWhole)
if (target !== null) {
  writeReport(target, {
    json: ['speed-where.json', { counts, signIns: Object.fromEntries(signIns), visits: Object.fromEntries(visits) }],
    pictures: {},
    marked: { 'where-sign-ins': tables['sign-ins'], 'where-visits': tables.visits }
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

function tableFor (parts: Parts): string {
  const whole = parts.reduce((sum, [, milliseconds]) => sum + milliseconds, 0)
  const large = parts.filter(([, milliseconds]) => milliseconds >= smallest * whole)
  const rest = whole - large.reduce((sum, [, milliseconds]) => sum + milliseconds, 0)
  return tableOf(['for', 'of all'], [...large, [`${parts.length - large.length} others`, rest] as const].map(([name, milliseconds]) => [name, `${figure(milliseconds / whole * 100, 1)} %`]))
}
