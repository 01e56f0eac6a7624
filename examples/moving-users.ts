// An application whose customers were keyed by e-mail address moves to users
// who are keyed by who they are at Microsoft. Nobody is locked out, nobody signs
// up twice, and nobody gets a customer's row by typing the customer's address.
// docs/moving-users.md tells it step by step.
import { DatabaseSync } from 'node:sqlite'
import Fastify from 'fastify'
import entra, { isEntraError } from 'fastify-entra'

const port = Number(process.env.PORT ?? 3000)

// The table that was there before: the address is the key.
const customers = new DatabaseSync(process.env.CUSTOMERS ?? 'customers.sqlite')
customers.exec('create table if not exists customers (email text primary key, name text, plan text not null)')
// Step 1: one more column. From now on it is the key, and the address is what it always was: something that changes.
const isNew = customers.prepare("select 1 from pragma_table_info('customers') where name = 'user_id'").get() === undefined
if (isNew) customers.exec('alter table customers add column user_id text')
customers.exec('create unique index if not exists customers_by_user on customers (user_id)')

const waiting = customers.prepare('select email, name from customers where user_id is null order by email')
const setUser = customers.prepare('update customers set user_id = ? where email = ?')
const find = customers.prepare('select name, plan from customers where user_id = ?')
const insert = customers.prepare("insert into customers (email, name, plan, user_id) values (?, ?, 'trial', ?) on conflict do nothing")

const app = Fastify({ logger: { level: process.env.LOG_LEVEL ?? 'info' } })
await app.register(entra, {
  baseUrl: process.env.BASE_URL ?? `http://localhost:${port}`,
  clientId: process.env.CLIENT_ID,
  clientSecret: process.env.CLIENT_SECRET,
  secrets: process.env.SECRETS?.split(','),
  database: process.env.DATABASE ?? 'moving-users.sqlite',
  use_email_as_identifier: true,
  // Who comes with an address that Microsoft does not vouch for proves it by a code. With Microsoft itself that needs a mailer.
  verify_email: process.env.CLIENT_ID === undefined,

  // Step 3: whoever proved an invited address is that user already. Who is new here gets a row of their own.
  onSignIn: (_request, _reply, { linked }) => {
    const { user } = linked!
    if (find.get(user.id) === undefined) insert.run(`user:${user.id}`, user.displayName, user.id)
  }
})

// Step 2: each customer becomes a user who is awaited. No mail is sent, and running it again changes nothing.
for (const { email, name } of waiting.all() as Array<{ email: string, name: string | null }>) {
  const outcome = await move(email, name)
  if (outcome !== null) console.log(`not moved: ${outcome}`)
}
console.log(`waiting to be moved: ${waiting.all().length}`)

/** Gives the row of an address its user, or says why it has none. */
async function move (email: string, name: string | null): Promise<string | null> {
  try {
    const user = await app.accounts.findByEmail(email) ?? await app.accounts.invite({ email, displayName: name })
    // Two rows that are one mailbox to everybody else: ADA@contoso.example and ada@contoso.example.
    if (find.get(user.id) !== undefined) return 'another row has the same address, written in another way'
    setUser.run(user.id, email)
    return null
  } catch (error) {
    if (isEntraError(error) && error.code === 'invalid_request') return 'no address that anybody could prove'
    throw error
  }
}

app.get('/', (_request, reply) => reply.redirect('/customer'))
app.get('/customer', { onRequest: app.requireUser }, (request) => find.get(request.user!.id))

await app.listen({ port, host: 'localhost' })
