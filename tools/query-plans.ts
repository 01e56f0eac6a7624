// Writes docs/query-plans.md: how each query finds its rows in a large database, on both engines.
//
// node tools/query-plans.ts
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { openDatabase } from '../src/store/open.ts'
import { sharedPostgres } from '../test/postgres.ts'
import { type Plan, plansOf } from '../test/store/plans.ts'
import { populate } from '../test/store/population.ts'

const population = { users: 100_000, audit: 1_000_000 }

interface Look { version: string, plans: Plan[] }

async function look (location: string, versionQuery: string): Promise<Look> {
  const database = await openDatabase(location, { patience: 600_000 })
  await populate(database, population)
  const plans = await plansOf(database)
  const { rows } = await database.run(async (db) => await sql.raw<{ version: string }>(versionQuery).execute(db))
  await database.close()
  return { version: rows[0]!.version, plans }
}

/** `$1` of one engine is `?` of the other; lists and sweeps differ as well, so each is shown with its own text. */
function section (title: string, { plans }: Look): string {
  const blocks = plans.filter(({ step }) => step === title)
    .map(({ sql: text, lines }) => [text.replaceAll(/\s+/g, ' ').trim(), ...lines.map((line) => `    ${line}`)].join('\n'))
  return blocks.join('\n\n')
}

const folder = mkdtempSync(join(tmpdir(), 'entra-plans-'))
const sqlite = await look(join(folder, 'plans.sqlite'), 'select sqlite_version() as version')
rmSync(folder, { recursive: true })
const server = await sharedPostgres()
const postgres = await look(await server.createDatabase(), "select current_setting('server_version') as version")
const titles = [...new Set([...sqlite.plans, ...postgres.plans].map(({ step }) => step))]
const whole = [...sqlite.plans, ...postgres.plans].flatMap(({ wholeTables }) => wholeTables)

writeFileSync(join(import.meta.dirname, '../docs/query-plans.md'), `# Query plans

Written by \`npm run query-plans\`: every query that a sign-in, a request of somebody signed in, the sweeps, \`app.accounts\` and the audit send, as it is sent, and how it
finds its rows with ${population.users.toLocaleString('en')} users (as many identities, addresses, proofs, invitations, sessions, used attempts and codes) and
${population.audit.toLocaleString('en')} rows of the audit, after \`analyze\`. PostgreSQL's planner was free to read whole tables. Queries that read a whole table: ${whole.length}.

A query is under what sends it first. \`test/store/plans.test.ts\` keeps it so.
${titles.map((title) => `
## ${title[0]!.toUpperCase()}${title.slice(1)}

SQLite ${sqlite.version}

\`\`\`
${section(title, sqlite)}
\`\`\`

PostgreSQL ${postgres.version.split(' ')[0]}

\`\`\`
${section(title, postgres)}
\`\`\`
`).join('')}`)
console.log(`docs/query-plans.md: ${sqlite.plans.length} queries on SQLite, ${postgres.plans.length} on PostgreSQL, ${whole.length} read a whole table`)
process.exitCode = whole.length === 0 ? 0 : 1
