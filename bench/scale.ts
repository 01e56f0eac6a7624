// Measures whether a sign-in costs the same however many people there are:
// node bench/scale.ts [--users 1000,10000,100000,1000000] [--engines sqlite,postgresql] [--processes 1,2] [--rounds 5]
//   [--sign-ins 500] [--visits 5000] [--warm-sign-ins 1500] [--warm-visits 10000] [--at-once 8] [--out FOLDER] [--source]
//
// For each number of people, and each engine, a database is filled; then one server works on each, and then two that share it,
// all in processes of their own. The databases are measured in turn in every round, and every round begins with as many
// people as the last one. PostgreSQL is started for this, and left out where it is not installed. A run of at least the numbers
// above writes docs/speed.md, with its picture and docs/speed-scale.json; a smaller one only where --out says so.
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresBin } from '../test/services.ts'
import { startDurablePostgres } from '../test/postgres.ts'
import { machine } from './machine.ts'
import { type Cost, medianCost } from './measure.ts'
import { readCommandLine } from './options.ts'
import { plotOf } from './plot.ts'
import { busyWithChildren, type Program, start, temporaryFolder } from './program.ts'
import { figure, folderFor, tableOf, writeReport } from './report.ts'
import type { Engine } from './rows.ts'
import { median } from './statistics.ts'
import { makeWorld, type Round, startServers, takeTurn, type World } from './worlds.ts'

/** What was found about some servers and so many people. */
interface Found { readonly engine: Engine, readonly processes: number, readonly users: number, readonly rounds: Round[] }

const { counts, isWhole, out, source, texts } = readCommandLine(
  { rounds: 5, 'sign-ins': 500, visits: 5_000, 'warm-sign-ins': 1_500, 'warm-visits': 10_000, 'at-once': 8 }, ['out', 'users', 'engines', 'processes'], ['source'])
const { rounds, visits, 'sign-ins': signIns, 'at-once': atOnce } = counts
const sizes = (texts.users ?? '1000,10000,100000,1000000').split(',').map(Number)
const engines = (texts.engines ?? 'sqlite,postgresql').split(',') as Engine[]
const processCounts = (texts.processes ?? '1,2').split(',').map(Number)
const work = [['first', 'first sign-in'], ['repeat', 'repeat sign-in'], ['visit', 'signed-in request']] as const
const most = 1.1
const words = (engine: Engine, processes: number): string => `${engine === 'sqlite' ? 'SQLite' : 'PostgreSQL'}, ${processes === 1 ? 'one server' : `${processes} servers`}`

const folder = temporaryFolder()
const microsoft = await start('microsoft.ts')
const setting = { authority: `http://localhost:${microsoft.port}`, source }
const all: Found[] = []
for (const engine of engines) {
  if (engine === 'postgresql' && postgresBin === null) console.log('PostgreSQL is left out: initdb is neither below /usr/lib/postgresql nor in PATH')
  else all.push(...engine === 'postgresql' ? await onPostgres() : await onFiles())
}
await microsoft.stop()

const costs = all.map((found) => ({ ...found, ...Object.fromEntries(work.map(([key]) => [key, medianCost(found.rounds.map((round) => round[key]))])) as unknown as Round }))
const table = tableOf(['', 'people', ...work.map(([, name]) => name), ...work.map(([, name]) => `${name}s a second`)], costs.map((found) => [
  words(found.engine, found.processes), figure(found.users),
  ...work.map(([key]) => `${figure(found[key].cpu, key === 'visit' ? 1 : 0)}${found.engine === 'postgresql' ? ` + ${figure(found[key].database, key === 'visit' ? 1 : 0)}` : ''} µs`),
  ...work.map(([key]) => figure(found[key].perSecond))
]))
const [least, largest] = [Math.min(...sizes), Math.max(...sizes)]
const flatness = engines.flatMap((engine) => processCounts.flatMap((processes) => {
  const [small, large] = [least, largest].map((users) => all.find((found) => found.engine === engine && found.processes === processes && found.users === users))
  if (small === undefined || large === undefined) return []
  return work.map(([key, name]) => ({ engine, processes, name, value: median(large.rounds.map((round, index) => whole(round[key]) / whole(small.rounds[index]![key]))) }))
}))
const judged = tableOf([`${figure(largest)} people against ${figure(least)}`, 'at most', 'measured', ''], flatness.map(({ engine, processes, name, value }) => [
  `${name}, ${words(engine, processes)}`, String(most), figure(value, 3), value <= most ? 'met' : '**not met**'
]))
const facts = { ...machine(), run: `${rounds} rounds of ${figure(signIns)} first and ${figure(signIns)} repeat sign-ins and ${figure(visits)} requests for each database, ${atOnce} at once` }
console.log(`\n${[table, judged, tableOf(['', ''], Object.entries(facts))].join('\n')}`)

const isAll = isWhole && texts.users === undefined && texts.engines === undefined && texts.processes === undefined
const target = folderFor(out, isAll)
if (target !== null) {
  writeReport(target, {
    json: ['speed-scale.json', { facts, counts, flatness, found: costs }],
    pictures: {
      'speed-scale.svg': plotOf({
        title: 'Processor time of a sign-in, by the number of people (one server)',
        x: 'people',
        y: 'µs, with those of the database',
        xLogarithmic: true,
        namesAt: 'bottom',
        lines: engines.flatMap((engine) => work.filter(([key]) => key !== 'visit').map(([key, name]) => ({
          name: `${name}, ${words(engine, processCounts[0]!)}`,
          points: costs.filter((found) => found.engine === engine && found.processes === processCounts[0]).map((found): [number, number] => [found.users, whole(found[key])])
        }))).filter(({ points }) => points.length > 0)
      })
    },
    marked: { scale: `${table}\n${judged}`, 'scale-machine': tableOf(['', ''], Object.entries(facts)) }
  })
}

function whole ({ cpu, database }: Cost): number {
  return cpu + database
}

async function onFiles (): Promise<Found[]> {
  const worlds: World[] = []
  for (const users of sizes) worlds.push(await makeWorld('sqlite', join(folder, `${users}.sqlite`), users, setting))
  return await withServers('sqlite', worlds)
}

async function onPostgres (): Promise<Found[]> {
  const server = await startDurablePostgres(tmpdir())
  try {
    const worlds: World[] = []
    for (const users of sizes) worlds.push(await makeWorld('postgresql', await server.createDatabase('empty'), users, setting))
    const pid = Number(readFileSync(join(server.folder, 'data/postmaster.pid'), 'utf8').split('\n')[0])
    return await withServers('postgresql', worlds, () => busyWithChildren(pid))
  } finally {
    await server.end()
  }
}

async function withServers (engine: Engine, worlds: readonly World[], database?: () => number): Promise<Found[]> {
  const found: Found[] = []
  for (const processes of processCounts) {
    const running = new Map<World, Program[]>()
    for (const world of worlds) running.set(world, await startServers(world.location, processes, setting))
    const results = worlds.map(({ users }): Found => ({ engine, processes, users, rounds: [] }))
    for (const world of worlds) await takeTurn(world, running.get(world)!, { signIns: counts['warm-sign-ins'] * processes, visits: counts['warm-visits'] * processes, atOnce, round: 0, database })
    for (let round = 0; round < rounds; round++) {
      for (let index = 0; index < worlds.length; index++) {
        const at = (index + round) % worlds.length
        results[at]!.rounds.push(await takeTurn(worlds[at]!, running.get(worlds[at]!)!, { signIns, visits, atOnce, round: round + 1, database }))
      }
      console.log(`${words(engine, processes)}, round ${round + 1} of ${rounds}: ${results.map(({ users, rounds }) => `${figure(users)} people ${work.map(([key]) => figure(whole(rounds.at(-1)![key]), 1)).join(', ')} µs`).join('; ')}`)
    }
    for (const programs of running.values()) for (const program of programs) await program.stop()
    found.push(...results)
  }
  for (const { rows } of worlds) await rows.close()
  return found
}
