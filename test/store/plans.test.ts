import { CompiledQuery } from 'kysely'
import t, { type Test } from 'tap'
import { servicesRequired } from '../services.ts'
import { openTestDatabase } from './database.ts'
import { type Engine, rule } from './engines.ts'
import { explain, plansOf } from './plans.ts'
import { populate, type Population } from './population.ts'

/** No query of ours may read a whole table; one that does is noticed. */
async function findNoScans (t: Test, engine: Engine, population: Population): Promise<void> {
  const database = await openTestDatabase(t, await engine.newLocation(t), 600_000)
  await populate(database, population)
  const plans = await plansOf(database)
  t.ok(plans.length >= 40, `${plans.length} queries were seen`)
  for (const { sql, lines, wholeTables } of plans) t.same(wholeTables, [], `${sql}\n${lines.join('\n')}`)

  for (const sql of ['select * from users where display_name = \'x\'', 'delete from audit where request_id = \'x\'', 'select count(*) from identities where sub = \'x\'']) {
    const { wholeTables } = await explain(database, CompiledQuery.raw(sql))
    t.equal(wholeTables.length, 1, sql)
  }
}

rule('no query reads a whole table', async (t, engine) => await findNoScans(t, engine, { users: 5_000, audit: 20_000 }))

t.test('neither with 100,000 users and 1,000,000 rows of the audit', { skip: servicesRequired ? false : 'set FASTIFY_ENTRA_SERVICES=required to let it take its time', timeout: 600_000 }, async (t) => {
  rule('no query reads a whole large table', async (t, engine) => await findNoScans(t, engine, { users: 100_000, audit: 1_000_000 }), t)
})
