import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startPostgres } from '../postgres.ts'
import { takesLong } from '../patient.ts'
import { needsPostgres, servicesRequired } from '../services.ts'
import { temporaryFolder } from '../store/database.ts'
import { runKillLoop } from './kill-loop.ts'

takesLong()

// The long form is: npm run kill-loop
const kills = servicesRequired ? 10 : 2
const kinds = ['sign-in', 'sign-in by code', 'link', 'sign-out', 'replay refused']

async function survive (t: Test, database: string): Promise<void> {
  const { done, faults, cutOff } = await runKillLoop(t, database, kills, 1, kinds)
  t.comment(`${JSON.stringify(done)}, cut off: ${cutOff}`)
  t.same(faults, [])
  for (const kind of kinds) t.ok(done[kind]! > 0, `${kind}: the servers had something to lose`)
}

t.test('servers that are killed in the middle of their work lose, double and half-do nothing: SQLite', async (t) => {
  await survive(t, join(temporaryFolder(t), 'site.sqlite'))
})

t.test('servers that are killed in the middle of their work lose, double and half-do nothing: PostgreSQL', needsPostgres(), async (t) => {
  await survive(t, await (await startPostgres(t)).createDatabase())
})
