// An application with a user table of its own: customers, with a plan and a
// number of seats. fastify-entra keeps who somebody is at Microsoft; the
// application keeps what they are to it, under the user's id.
import { DatabaseSync } from 'node:sqlite'
import Fastify from 'fastify'
import entra from 'fastify-entra'

const port = Number(process.env.PORT ?? 3000)
const seats = Number(process.env.SEATS ?? 2)

const customers = new DatabaseSync(process.env.CUSTOMERS ?? 'customers.sqlite')
customers.exec(`create table if not exists customers (
  user_id text primary key, name text, tenant text not null, plan text not null default 'trial'
)`)
const count = customers.prepare('select count(*) as taken from customers')
const insert = customers.prepare('insert into customers (user_id, name, tenant) values (?, ?, ?) on conflict do nothing')
const find = customers.prepare('select name, plan from customers where user_id = ?')
const remove = customers.prepare('delete from customers where user_id = ?')

const app = Fastify({ logger: { level: process.env.LOG_LEVEL ?? 'info' } })
await app.register(entra, {
  baseUrl: process.env.BASE_URL ?? `http://localhost:${port}`,
  clientId: process.env.CLIENT_ID,
  clientSecret: process.env.CLIENT_SECRET,
  secrets: process.env.SECRETS?.split(','),
  database: process.env.DATABASE ?? 'own-users.sqlite',

  // Asked before anything is written: who is refused has left no trace.
  signUpRefusals: { no_seats: 'All seats of this plan are taken. Ask your administrator for one.' },
  beforeSignUp: () => Number(count.get()!.taken) >= seats ? 'no_seats' : undefined,

  // At each sign-in, and not only at the first: were the process to end between the two tables, the next sign-in
  // mends it. Whatever is thrown here refuses the sign-in and takes its session back.
  onSignIn: (_request, _reply, { linked }) => {
    const { user, identity } = linked!
    insert.run(user.id, user.displayName, identity.tid)
  },
  onDelete: ({ userId }) => { remove.run(userId) }
})

app.get('/', (_request, reply) => reply.redirect('/customer'))
app.get('/customer', { onRequest: app.requireUser }, (request) => find.get(request.user!.id))
// What takes the account away asks for a sign-in of the last ten minutes.
app.delete('/customer', { onRequest: app.requireUser({ maxAge: 600_000 }) }, async (request, reply) => {
  await app.accounts.delete(request.user!.id)
  return reply.code(204).send()
})

await app.listen({ port, host: 'localhost' })
