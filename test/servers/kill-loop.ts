import { setTimeout as wait } from 'node:timers/promises'
import type { Test } from 'tap'
import { openDatabase } from '../../src/store/open.ts'
import { Canaries } from '../canaries.ts'
import { dump } from '../store/database.ts'
import { type Child, startChild } from './child.ts'
import { findFaults, usersOf } from './invariants.ts'
import { type Answer, createLetterbox, createPerson, type Letterbox, NoAnswer, type Person } from './person.ts'
import { createPopulation, type Member, type Population } from './population.ts'
import { type Proxy, startProxy } from './proxy.ts'
import { startSimulatedMicrosoft } from './simulated-microsoft.ts'

/** What a run saw. */
export interface KillReport {
  readonly kills: number
  /** What was acknowledged, by kind. */
  readonly done: Readonly<Record<string, number>>
  /** Requests whose end nobody knows: the server died. */
  readonly cutOff: number
  /** What must not be: empty where all is well. */
  readonly faults: readonly string[]
}

/** Somebody who was told that they are signed in. */
interface Inside {
  readonly person: Person
  readonly userId: string
}

interface Run {
  readonly population: Population
  readonly proxy: Proxy
  readonly letterbox: Letterbox
  readonly random: () => number
  /** Who was told which user they are, by account. */
  readonly users: Map<string, string>
  /** Accounts that somebody is busy with: each account has one person at a time. */
  readonly busy: Set<string>
  /** People who were told that they are signed in. */
  readonly inside: Inside[]
  readonly done: Record<string, number>
  readonly faults: string[]
  /** What browsers held. */
  readonly canaries: Canaries
  cutOff: number
  isOver: boolean
}

/**
 * Kills servers of one site in the middle of their work, again and again, and
 * then looks whether anything was lost, doubled or left half done.
 *
 * @param database - Where the accounts are.
 * @param kills - How often.
 * @param seed - What the people do follows from it; when they are cut off does not.
 * @param kinds - What must have been done at least once, before it is over.
 * @param ending - Whether they are told to end (SIGTERM), or not even that.
 */
export async function runKillLoop (t: Pick<Test, 'teardown'>, database: string, kills: number, seed = 1, kinds: readonly string[] = [], ending: 'kill' | 'terminate' = 'kill'): Promise<KillReport> {
  const population = createPopulation({ vouched: 20 + kills * 3, unproven: 20 + kills * 3, twins: 0, extras: 20 + kills * 2 })
  const proxy = await startProxy(t)
  const microsoft = await startSimulatedMicrosoft(t, { tenants: population.tenants, accounts: population.accounts, redirectUris: [`${proxy.origin}/auth/microsoft/callback`] })
  const letterbox = createLetterbox()
  const everServed: Child[] = []
  const start = async (): Promise<Child> => {
    const child = await startChild({ baseUrl: proxy.origin, authority: microsoft.authority, clientId: microsoft.clientId, clientSecret: microsoft.clientSecret, secrets: ['kill-loop-secret-of-32-characters-or-more'], database }, letterbox.put)
    proxy.ports.add(child.port)
    everServed.push(child)
    return child
  }
  const servers = [await start(), await start()]
  t.teardown(async () => { await Promise.all(servers.map(async ({ kill }) => await kill())) })
  const run: Run = { population, proxy, letterbox, random: createRandom(seed), users: new Map(), busy: new Set(), inside: [], done: {}, faults: [], canaries: new Canaries(), cutOff: 0, isOver: false }
  // The mails come by another way than the answers.
  const people = Array.from({ length: 8 }, async () => await live(run))
  for (let kill = 0; kill < kills; kill++) {
    await wait(50 + run.random() * 450)
    const victim = servers.shift()!
    proxy.ports.delete(victim.port)
    run.faults.push(...await endServer(victim, ending))
    servers.push(await start())
  }
  while (run.faults.length === 0 && kinds.some((kind) => run.done[kind] === undefined)) await wait(50)
  run.isOver = true
  await Promise.all(people)
  await lookAtSessions(run)
  await Promise.all(servers.map(async ({ kill }) => await kill()))
  run.faults.push(...await findFaults(database), ...await findLost(run, database), ...await findSecrets(run, database, everServed))
  return { kills, done: run.done, cutOff: run.cutOff, faults: run.faults }
}

/** Ends a server; one that is told to end does so by itself, and within ten seconds. */
async function endServer (server: Child, ending: 'kill' | 'terminate'): Promise<string[]> {
  if (ending === 'kill') {
    await server.kill()
    return []
  }
  const { code, milliseconds } = await server.terminate()
  return [
    ...(code === 0 ? [] : [`a server ended with ${code}`]),
    ...(milliseconds < 10_000 ? [] : [`a server took ${Math.round(milliseconds)} ms to end`])
  ]
}

/** One after another, people do something until it is over. */
async function live (run: Run): Promise<void> {
  while (!run.isOver) {
    const step = pickOne(run, [signIn, signIn, signInByCode, signInByCode, link, look, signOut])
    try {
      await step(run)
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
      run.cutOff += 1
      // The other server needs a moment to be there, too.
      await wait(20)
    }
  }
}

async function signIn (run: Run): Promise<void> {
  await withAccount(run, run.population.vouched, async (member) => stay(run, await enter(run, member, 'sign-in')))
}

async function signInByCode (run: Run): Promise<void> {
  await withAccount(run, run.population.unproven, async (member) => stay(run, await enter(run, member, 'sign-in by code')))
}

async function enter (run: Run, member: Member, kind: string): Promise<Inside | null> {
  const person = createPerson(run.proxy.origin, run.letterbox)
  run.letterbox.empty(member.address)
  const answer = await person.signIn(member.key)
  const userId = userIn(answer)
  if (userId === null) {
    noteRefusal(run, kind, answer)
    return null
  }
  noteUser(run, member, userId)
  count(run, kind)
  await replay(run, person)
  return { person, userId }
}

/** From now on others may look at this session, and end it. */
function stay (run: Run, inside: Inside | null): void {
  if (inside !== null) run.inside.push(inside)
}

/** The same callback once more, by whoever kept its cookies: nobody is let in twice. */
async function replay (run: Run, person: Person): Promise<void> {
  const { url, cookie } = person.lastCallback()!
  const { searchParams } = new URL(url)
  run.canaries.add(searchParams.get('code'), searchParams.get('state'))
  run.canaries.addCookies(person.jar.all())
  const thief = createPerson(run.proxy.origin, run.letterbox, cookie)
  const answer = await thief.get(url)
  if (answer.status < 400) run.faults.push(`an attempt was used twice: ${answer.status}`)
  count(run, 'replay refused')
}

async function link (run: Run): Promise<void> {
  await withAccount(run, run.population.vouched, async (host) => await withAccount(run, run.population.extras, async (extra) => {
    const inside = await enter(run, host, 'sign-in')
    if (inside === null) return
    const { person, userId } = inside
    const answer = await person.link(extra.key)
    if (userIn(answer) === userId) {
      noteUser(run, extra, userId)
      count(run, 'link')
    } else if (!answer.body.includes('identity_in_use')) noteRefusal(run, 'link', answer)
    stay(run, inside)
  }))
}

async function look (run: Run): Promise<void> {
  const one = run.inside[Math.floor(run.random() * run.inside.length)]
  if (one === undefined) return
  const answer = await one.person.get('/me')
  if (run.inside.includes(one) && userIn(answer) !== one.userId) noteRefusal(run, 'signed-in request', answer)
  count(run, 'signed-in request')
}

async function signOut (run: Run): Promise<void> {
  const [one] = run.inside.splice(Math.floor(run.random() * run.inside.length), 1)
  if (one === undefined) return
  const cookies = Object.entries(one.person.jar.all())
  const answer = await one.person.post('/auth/logout', {})
  if (answer.status !== 204) return noteRefusal(run, 'sign-out', answer)
  one.person.jar.store(cookies.map((pair) => pair.join('=')))
  // Another server may believe for a second what it has read: a busy machine makes a long one of it.
  let isOut = false
  for (let second = 0; second < 30 && !isOut; second++) {
    await wait(1_100)
    isOut = userIn(await one.person.get('/me')) === null
  }
  if (!isOut) run.faults.push('a session lived on after its end')
  count(run, 'sign-out')
}

/** Whoever was told that they are signed in still is. */
async function lookAtSessions (run: Run): Promise<void> {
  for (const { person, userId } of run.inside) {
    const answer = await person.get('/me')
    if (userIn(answer) !== userId) run.faults.push(`a session was lost: ${answer.status} ${answer.body.slice(0, 100)}`)
  }
}

async function findLost (run: Run, database: string): Promise<string[]> {
  const { vouched, unproven, extras } = run.population
  const stored = await usersOf(database, [...vouched, ...unproven, ...extras])
  return [...run.users].filter(([key, userId]) => stored.get(key) !== userId).map(([key]) => `an account was lost or moved: ${key}`)
}

/** Nothing that a browser held is in a log, or in the store as it is. */
async function findSecrets ({ canaries }: Run, location: string, servers: readonly Child[]): Promise<string[]> {
  const database = await openDatabase(location)
  try {
    const stored = canaries.foundIn(JSON.stringify(await dump(database))).length
    const logged = canaries.foundIn(servers.map(({ output }) => output()).join('\n')).length
    return [...(stored > 0 ? [`${stored} secrets are stored as they are`] : []), ...(logged > 0 ? [`${logged} secrets are in the log`] : [])]
  } finally {
    await database.close()
  }
}

/** Two people never sign in as the same account at once: each is told the truth of its own. */
async function withAccount (run: Run, members: readonly Member[], work: (member: Member) => Promise<void>): Promise<void> {
  const free = members.filter(({ key }) => !run.busy.has(key))
  const member = free[Math.floor(run.random() * free.length)]
  if (member === undefined) return
  run.busy.add(member.key)
  try {
    await work(member)
  } finally {
    run.busy.delete(member.key)
  }
}

function noteUser (run: Run, { key }: Member, userId: string): void {
  const before = run.users.get(key)
  if (before !== undefined && before !== userId) run.faults.push(`${key} was told two users`)
  run.users.set(key, userId)
}

/** A refusal that the limits explain is none of a fault; anything else is. */
function noteRefusal (run: Run, kind: string, { status, body }: Answer): void {
  const code = /"code":"(\w+)"/.exec(body)?.[1] ?? String(status)
  count(run, `refused: ${kind}: ${code}`)
  // A server that is about to end says 503, and has done nothing.
  if (!['too_many_requests', 'otp_locked', 'otp_invalid', 'store_unavailable', '503'].includes(code)) run.faults.push(`${kind}: ${status} ${body.slice(0, 200)}`)
}

function userIn ({ status, body }: Answer): string | null {
  if (status !== 200) return null
  try {
    return (JSON.parse(body) as { id?: string }).id ?? null
  } catch {
    return null
  }
}

function count (run: Run, kind: string): void {
  run.done[kind] = (run.done[kind] ?? 0) + 1
}

function pickOne<Value> (run: Run, values: readonly Value[]): Value {
  return values[Math.floor(run.random() * values.length)]!
}

/** Mulberry32: small, and the same in every run. */
function createRandom (seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
