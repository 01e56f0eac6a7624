// Measures our server, a hand-written one and Fastify alone, side by side:
// node bench/speed.ts [--rounds 7] [--sign-ins 1000] [--visits 10000] [--warm-sign-ins 1500] [--warm-visits 15000]
//   [--starts 9] [--at-once 8] [--out FOLDER] [--source] [--profile FOLDER]
//
// Each of them is a process of its own, and so is Microsoft's part; this one is the browsers. They are measured in turn in
// every round, so that whatever else the machine does befalls all. A run of at least the numbers above writes the page
// docs/speed.md, with its picture and docs/speed.json; a smaller one only where --out says so. What is built (dist) runs,
// or with --source the sources. With --profile the servers leave profiles of the processor's time there (bench/profile.ts reads them).
import { barsOf } from './bars.ts'
import { signIn, visit } from './browser.ts'
import { coldStarts, startTable } from './cold-start.ts'
import { type Contestant, startContestants } from './contestants.ts'
import { goalsOf } from './goals.ts'
import { machine } from './machine.ts'
import { type Cost, measure, medianCost } from './measure.ts'
import { readCommandLine } from './options.ts'
import { nobody, personOf } from './people.ts'
import { start, temporaryFolder } from './program.ts'
import { figure, folderFor, tableOf, writeReport } from './report.ts'
import { median } from './statistics.ts'

/** What one server did in one round. */
export interface Turn {
  readonly first?: Cost
  readonly repeat?: Cost
  readonly visit: Cost
  /** Resident memory afterwards, in bytes. */
  readonly memory: number
}

const { counts, isWhole, out, source, texts } = readCommandLine({ rounds: 7, 'sign-ins': 1_000, visits: 10_000, 'warm-sign-ins': 1_500, 'warm-visits': 15_000, starts: 9, 'at-once': 8 }, ['out', 'profile'], ['source'])
const { rounds, visits, starts, 'sign-ins': signIns, 'at-once': atOnce } = counts
const work = [['first', 'first sign-in'], ['repeat', 'repeat sign-in'], ['visit', 'signed-in request']] as const

const folder = temporaryFolder()
const cold = await coldStarts({ times: starts, source, folder })
const microsoft = await start('microsoft.ts')
const contestants = await startContestants({
  authority: `http://localhost:${microsoft.port}`,
  folder,
  source,
  execArgv: (name) => texts.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${texts.profile}`, `--cpu-prof-name=${name}.cpuprofile`]
})

const turns = new Map<Contestant, Turn[]>(contestants.map((contestant) => [contestant, []]))
// So much was done at each of them: whoever comes next is somebody new.
let people = 0
let done = 0
await takeTurns(counts['warm-sign-ins'], counts['warm-visits'], 0)
for (let round = 0; round < rounds; round++) {
  const found = await takeTurns(signIns, visits, round)
  for (const [contestant, turn] of found) turns.get(contestant)!.push(turn)
  console.log(`round ${round + 1} of ${rounds}: ${contestants.map((one) => `${one.name} ${work.map(([key]) => found.get(one)![key]).filter((cost) => cost !== undefined).map(({ cpu }) => figure(cpu, 1)).join(', ')} µs`).join('; ')}`)
}
for (const { program } of contestants) await program.stop()
await microsoft.stop()

const servers = contestants.map((contestant) => ({ name: contestant.name, turns: turns.get(contestant)! })).map(({ name, turns }) => ({
  name,
  first: medianOf(turns, 'first'),
  repeat: medianOf(turns, 'repeat'),
  visit: medianOf(turns, 'visit')!,
  memory: median(turns.map(({ memory }) => memory)),
  turns
}))
type Server = typeof servers[number]
const [bare, handWritten, ours] = servers as [Server, Server, Server]
const goals = goalsOf({ bare: bare.turns, handWritten: handWritten.turns, ours: ours.turns, coldStart: cold.again.total })
const facts = { ...machine(), run: `${rounds} rounds of ${figure(signIns)} first and ${figure(signIns)} repeat sign-ins and ${figure(visits)} requests for each server, ${atOnce} at once; ${figure(counts['warm-sign-ins'] * 2)} sign-ins and ${figure(counts['warm-visits'])} requests before` }

const costs = tableOf(['processor time for each', ...work.map(([, name]) => name), 'resident memory'], servers.map((server) => [
  server.name, ...work.map(([key]) => server[key] === undefined ? '' : `${figure(server[key].cpu, key === 'visit' ? 1 : 0)} µs`), `${figure(server.memory / 1e6)} MB`
]))
const waits = tableOf(['', 'a second', 'half within', '99 of 100 within'], work.flatMap(([key, name]) => servers.filter((server) => server[key] !== undefined).map((server) => [
  `${name}, ${server.name}`, figure(server[key]!.perSecond), `${figure(server[key]!.p50, 2)} ms`, `${figure(server[key]!.p99, 2)} ms`
])))
const judged = tableOf(['goal', 'at most', 'measured', ''], goals.map(({ name, most, value, unit, digits }) => [name, `${most}${unit}`, `${figure(value, digits)}${unit}`, value <= most ? 'met' : '**not met**']))
const coldTable = startTable(cold)
const factTable = tableOf(['', ''], Object.entries(facts))
console.log(`\n${[costs, waits, judged, coldTable, factTable].join('\n')}`)

const target = folderFor(out, isWhole)
if (target !== null) {
  writeReport(target, {
    json: ['speed.json', { facts, counts, goals, coldStart: cold, servers }],
    pictures: {
      'speed.svg': barsOf({
        title: 'Processor time of the server for each operation',
        groups: work.map(([key, name]) => ({ name, unit: 'µs', bars: servers.filter((server) => server[key] !== undefined).map((server) => ({ name: server.name, value: server[key]!.cpu })) }))
      })
    },
    marked: { speed: `${costs}\n${judged}`, waits, 'cold-start': coldTable, machine: factTable }
  })
}

/** Each server in turn, in another order every round. */
async function takeTurns (signIns: number, visits: number, round: number): Promise<Map<Contestant, Turn>> {
  const order = contestants.map((_, index) => contestants[(index + round) % contestants.length]!)
  const found = new Map<Contestant, Turn>()
  for (const contestant of order) found.set(contestant, await takeTurn(contestant, signIns, visits))
  people += signIns
  done += 2 * signIns
  for (const contestant of contestants) contestant.check(people, done)
  return found
}

async function takeTurn ({ site, program, hasPeople }: Contestant, signIns: number, visits: number): Promise<Turn> {
  const clocks = { servers: program.busy }
  const cookies: string[] = []
  const begin = async (index: number): Promise<void> => { cookies[index] = await signIn(site, people + index) }
  const signedIn = hasPeople ? { first: await measure(clocks, signIns, atOnce, begin), repeat: await measure(clocks, signIns, atOnce, begin) } : {}
  const cost = await measure(clocks, visits, atOnce, async (index) => {
    const one = index % signIns
    await visit(site, hasPeople ? cookies[one]! : '', hasPeople ? personOf(people + one).email : nobody.email)
  })
  return { ...signedIn, visit: cost, memory: program.memory() }
}

function medianOf (turns: readonly Turn[], key: 'first' | 'repeat' | 'visit'): Cost | undefined {
  const costs = turns.flatMap((turn) => turn[key] ?? [])
  return costs.length === 0 ? undefined : medianCost(costs)
}
