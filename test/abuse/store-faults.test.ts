import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { sql } from 'kysely'
import { refuse } from '../../src/core/errors.ts'
import type { Redis } from '../../src/store/redis.ts'
import { openDatabase } from '../../src/store/open.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { takesLong } from '../patient.ts'
import { sharedPostgres } from '../postgres.ts'
import { startRedis, until } from '../redis.ts'
import { needsRedis } from '../services.ts'
import { newSession } from '../plugins/session-cookie.ts'
import { findFaultsIn } from '../servers/invariants.ts'
import type { Engine } from '../store/engines.ts'
import { type FailedStatement, failStatement, type Moment } from '../store/fail-statement.ts'
import { type Deed, enter, type Flow, flows, population, userOf } from './faulty-flows.ts'
import { isRefused, tries } from './trial.ts'
import { startWorld, type World } from './world.ts'

takesLong()

/** A page that needs a token of Microsoft's. */
function addTokenPage (app: FastifyInstance): void {
  app.get('/token', async (request) => ({ isThere: (await request.microsoft.accessToken(['User.Read'], { forceRefresh: true })).length > 0 }))
}

/** A site where all of this can be done, and where every request asks the store. */
async function startSite (t: Test, engine: Engine, { options }: Flow): Promise<World> {
  const later: { mailer?: World['simulator']['mailer'] } = {}
  const keepsTokens = options?.keepTokens === true
  const scopes = ['openid', 'profile', 'email', ...(keepsTokens ? ['User.Read'] : [])]
  const world = await startWorld(t, engine, {
    options: { sessionCache: 0, scopes, mailer: async (mail) => await later.mailer!(mail), ...options },
    simulator: { tenants: population.tenants, accounts: population.accounts },
    ...(keepsTokens && { before: addTokenPage })
  })
  later.mailer = world.simulator.mailer
  return world
}

const moments: readonly Moment[] = ['before', 'after']

for (const flow of flows) {
  tries('D13', `${flow.title} of which any statement fails, before or after it was carried out, is done or store_unavailable, never both, and works the next time`, async (t, engine) => {
    const world = await startSite(t, engine, flow)
    let person = 0
    for (const moment of moments) {
      let statements = 0
      for (let isOver = false; !isOver; statements++) {
        const deed = await flow.prepare(world, person++)
        const number = statements + 1
        isOver = await failsWell(t, world, flow, deed, { title: `statement ${number}, ${moment}`, start: () => failStatement(t, engine, number, moment) })
      }
      t.ok(statements > flow.atLeast, `${statements - 1} statements failed, each ${moment} it was carried out`)
    }
    t.same(await findFaultsIn(signInOf(world.app).database), [])
    t.equal(await userOf(world, world.victim.cookie), world.victim.id, 'who had no part in it is signed in')
    t.same(world.canaries.foundIn(world.log()), [], 'no secret is in the log')
    t.ok(await enter(world, 'pat'))
  })
}

/** What fails once. */
interface Fault { readonly title: string, readonly start: () => Pick<FailedStatement, 'restore' | 'hasFailed'> }

/** Fails one statement of a deed, and looks what came of it. Says whether there was no such statement any more. */
async function failsWell (t: Test, world: World, { mayRepeat = false }: Flow, { run, isDone, retry }: Deed, { title, start }: Fault): Promise<boolean> {
  const asked = world.simulator.requests.token
  const failure = start()
  const answer = await run()
  failure.restore()
  const complaints: string[] = []
  const isRefused = answer.statusCode >= 400
  if (isRefused && codeOf(answer) !== '503 store_unavailable') complaints.push(`ended with ${codeOf(answer)}`)
  if (!mayRepeat) {
    const again = await run()
    const isTwice = !isRefused && again.statusCode < 400
    if (isTwice || world.simulator.requests.token > asked + 1) complaints.push('was accepted twice')
  }
  const given = newSession(answer)
  if (isRefused && given !== null) complaints.push('a refusal gives a session')
  if (given !== null && await userOf(world, given) === null) complaints.push('a cookie for no row')
  if (!isRefused && !await isDone(answer)) complaints.push('was acknowledged, and is not done')
  complaints.push(...await findFaultsIn(signInOf(world.app).database))
  if (!await retry()) complaints.push('does not work the next time')
  if (complaints.length > 0) t.fail(title, { complaints })
  return !failure.hasFailed()
}

function codeOf (answer: LightMyRequestResponse): string {
  try {
    return `${answer.statusCode} ${String((answer.json() as { code?: string }).code)}`
  } catch {
    return String(answer.statusCode)
  }
}

const inSessions = ['a sign-in', 'a sign-in over another session, with tokens to be kept', 'a sign-out', 'the end of all sessions', 'a page for those who are signed in']

for (const flow of flows.filter(({ title }) => inSessions.includes(title))) {
  tries('S18', `with sessions in Redis, ${flow.title} of which any command fails, before or after it was carried out, is done or store_unavailable, never both, and works the next time`, async (t, engine) => {
    const { skip } = needsRedis()
    // The accounts are where they are; the sessions are the same beside both.
    if (skip !== false || engine.name === 'postgresql') return t.pass(String(skip))
    const redis = await startRedis(t)
    const world = await startSite(t, engine, { ...flow, options: { ...flow.options, redis: redis.url } })
    let person = 0
    for (const moment of moments) {
      let commands = 0
      for (let isOver = false; !isOver; commands++) {
        const deed = await flow.prepare(world, person++)
        isOver = await failsWell(t, world, flow, deed, { title: `command ${commands + 1}, ${moment}`, start: () => failCommand(world, commands + 1, moment) })
      }
      t.ok(commands > 1, `${commands - 1} commands failed, each ${moment} it was carried out`)
    }
    t.same(world.canaries.foundIn(world.log()), [], 'no secret is in the log')
    const cookie = await enter(world, 'pat')
    redis.cut()
    await isRefused(t, { ...world, victim: { id: undefined as unknown as string, cookie: '' } }, 'the network is cut', { code: 'store_unavailable', attempt: 'used', token: 1 }, async () => await world.signIn('pat'))
    redis.mend()
    await until(async () => await userOf(world, cookie) !== null)
    t.equal((await world.signIn('pat')).statusCode, 303, 'control: and it heals by itself')
  })
}

/** Makes the command with this number fail, counted from now. */
function failCommand ({ app }: World, number: number, moment: Moment): Pick<FailedStatement, 'restore' | 'hasFailed'> {
  const redis = signInOf(app).redis as { -readonly [Member in keyof Redis]: Redis[Member] }
  const { send } = redis
  let sent = 0
  redis.send = async (...command) => {
    const fails = ++sent === number
    const answer = fails && moment === 'before' ? undefined : await send(...command)
    if (fails) throw refuse('store_unavailable', 'ECONNRESET')
    return answer
  }
  return { restore: () => { redis.send = send }, hasFailed: () => sent >= number }
}

tries('D14', 'a hundred people who come back at once all get in', async (t, engine) => {
  const database = await engine.newLocation(t)
  const world = await startWorld(t, engine, {
    // Fewer connections than people.
    options: { database: engine.name === 'sqlite' ? database : `${database}&pool_max=4` },
    simulator: { tenants: population.tenants, accounts: population.accounts }
  })
  const begun = await Promise.all(population.vouched.slice(0, 100).map(async ({ key }) => await world.begin(key)))
  const answers = await Promise.all(begun.map(async ({ finish }) => await finish()))
  const codes = answers.map(codeOf)
  // Who waits longer than patience lasts, on a machine that is busy, is told to come again.
  t.same(codes.filter((code) => code !== '303' && code !== '503 store_unavailable'), [])
  t.ok(codes.filter((code) => code === '303').length > 0)
  for (const answer of answers) if (answer.statusCode === 303) t.ok(newSession(answer))
  t.same(await findFaultsIn(signInOf(world.app).database), [])
  for (const [index, code] of codes.entries()) if (code !== '303') t.ok(await enter(world, population.vouched[index]!.key))
})

tries('D14', 'a database that is busy, full or takes no writes refuses who comes, and keeps who is there', async (t, engine) => {
  const location = await engine.newSharedLocation(t)
  const world = await startWorld(t, engine, { options: { database: engine.name === 'sqlite' ? location : `${location}&lock_timeout=200` } })
  const { database } = signInOf(world.app)
  const run = async (statement: string): Promise<unknown> => await database.run(async (db) => await sql.raw(statement).execute(db))
  const other = await openDatabase(location)
  const refused = async (title: string): Promise<void> => {
    await isRefused(t, world, title, { code: 'store_unavailable', attempt: 'kept', token: 0 }, async () => await world.signIn('pat'))
  }
  await other.transaction(async (db) => {
    // SQLite: whoever writes has all of it. PostgreSQL: who uses an attempt waits for this.
    if (engine.name === 'postgresql') await sql`lock table used_attempts in share mode`.execute(db)
    await refused('somebody else has it')
  })
  await other.close()
  if (engine.name === 'sqlite') {
    const { rows: [row] } = await run('pragma page_count') as { rows: [{ page_count: number }] }
    await run(`pragma max_page_count = ${row.page_count}`)
    // What is left in the last pages may do for a row or two.
    await fill(run)
    await refused('it is full')
    await run('delete from used_attempts where state_hash like \'filler%\'')
    await run('pragma max_page_count = 1000000')
    await run('pragma query_only = on')
    await refused('it takes no writes')
    await run('pragma query_only = off')
  } else {
    // As after a change-over to a server that is a copy.
    const name = new URL(location).pathname.slice(1)
    const server = await sharedPostgres()
    await server.query(`alter database ${name} set default_transaction_read_only = on`)
    await server.query(`select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '${name}'`)
    await refused('it takes no writes')
    await server.query(`alter database ${name} set default_transaction_read_only = off`)
    await server.query(`select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '${name}'`)
  }
  t.ok(await enter(world, 'pat'), 'control: and it heals by itself')
  t.same(await findFaultsIn(database), [])
})

/** Writes until nothing more fits in. */
async function fill (run: (statement: string) => Promise<unknown>): Promise<void> {
  for (const size of [1_000, 100, 10]) {
    for (let number = 0; number < 500; number++) {
      const isFull = await run(`insert into used_attempts values ('filler ${size} ${number} ${'x'.repeat(size)}', 9e15)`).then(() => false, () => true)
      if (isFull) break
    }
  }
}
