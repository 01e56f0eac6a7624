// Says where the time of a processor's profile went: node bench/profile.ts FILE.cpuprofile [lines]
//
// Profiles are what node --cpu-prof leaves. Time is self time: what a function spent in itself, and not in
// those that it called. It is that of the clock: a call that waits inside, as SQLite's for the disk, is as long as it waits.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { ownerOf, sourceOf } from './modules.ts'
import { figure, tableOf } from './report.ts'

interface Profile {
  readonly nodes: ReadonlyArray<{ readonly id: number, readonly children?: readonly number[], readonly callFrame: { readonly functionName: string, readonly url: string, readonly lineNumber: number } }>
  /** Microseconds of the system's clock that only goes on, as `process.hrtime` reads it. */
  readonly startTime: number
  readonly samples: readonly number[]
  /** Microseconds between a sample and the one before it. */
  readonly timeDeltas: readonly number[]
}

/** Milliseconds by name, most first. */
export type Parts = ReadonlyArray<readonly [name: string, milliseconds: number]>

/** Where the time of a profile went: by owner, and by function. What was idle is left out. */
export function partsOf (text: string): { readonly owners: Parts, readonly functions: Parts } {
  const { nodes, samples, timeDeltas } = JSON.parse(text) as Profile
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const owners = new Map<string, number>()
  const functions = new Map<string, number>()
  samples.forEach((id, index) => {
    const { functionName, url, lineNumber } = frames.get(id)!
    if (functionName === '(idle)') return
    const owner = functionName.startsWith('(') ? functionName : ownerOf(sourceOf(url, lineNumber))
    const name = functionName.startsWith('(') ? functionName : `${functionName || 'anonymous'}, ${owner}${url === '' ? '' : ` ${basename(url)}:${lineNumber + 1}`}`
    owners.set(owner, (owners.get(owner) ?? 0) + timeDeltas[index]! / 1_000)
    functions.set(name, (functions.get(name) ?? 0) + timeDeltas[index]! / 1_000)
  })
  const sorted = (parts: Map<string, number>): Parts => [...parts].sort((a, b) => b[1] - a[1])
  return { owners: sorted(owners), functions: sorted(functions) }
}

/**
 * Whom the time of a profile was spent for: what Node itself spends is counted to the package, or the folder of ours, that
 * asked for it. SQLite is apart, since it is neither's: it is the time that its statements take, waiting for the disk among it.
 *
 * @param since - What is older is left out: nanoseconds, of `process.hrtime.bigint()`.
 */
export function askersOf (text: string, since: bigint): Parts {
  const { nodes, samples, timeDeltas, startTime } = JSON.parse(text) as Profile
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const askers = new Map<number, string>()
  const askerOf = (id: number): string => {
    const { functionName, url: script, lineNumber } = frames.get(id)!
    const url = sourceOf(script, lineNumber)
    if (functionName.startsWith('(')) return functionName === '(root)' ? 'Node itself, for nobody' : functionName
    if (functionName === '#execute' && url.includes('sqlite-dialect')) return 'SQLite'
    if (url !== '' && !url.startsWith('node:') && !url.startsWith('wasm:')) return ownerOf(url)
    const parent = parents.get(id)!
    return askers.get(parent) ?? askerOf(parent)
  }
  const found = new Map<string, number>()
  let at = startTime
  samples.forEach((id, index) => {
    at += timeDeltas[index]!
    if (at * 1_000 < Number(since)) return
    const asker = askers.get(id) ?? askerOf(id)
    askers.set(id, asker)
    if (asker !== '(idle)') found.set(asker, (found.get(asker) ?? 0) + timeDeltas[index]! / 1_000)
  })
  return [...found].sort((a, b) => b[1] - a[1])
}

/** The largest parts as a table. */
export function partsTable (parts: Parts, lines: number): string {
  const whole = parts.reduce((sum, [, milliseconds]) => sum + milliseconds, 0)
  return tableOf(['where', 'ms', 'of all'], parts.slice(0, lines).map(([name, milliseconds]) => [name, figure(milliseconds, 1), `${figure(milliseconds / whole * 100, 1)} %`]))
}

if (import.meta.main) {
  const [file, lines = '25'] = process.argv.slice(2)
  const { owners, functions } = partsOf(readFileSync(file!, 'utf8'))
  console.log([partsTable(owners, Number(lines)), partsTable(functions, Number(lines))].join('\n'))
}
