import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { takesLong } from '../patient.ts'
import { createClient } from './client.ts'
import { startExample } from './program.ts'

takesLong()

t.test('customers who were keyed by e-mail keep their rows, and nobody else gets them', async (t) => {
  const folder = t.testdir()
  const environment = { DATABASE: join(folder, 'accounts.sqlite'), CUSTOMERS: join(folder, 'customers.sqlite') }
  const old = new DatabaseSync(environment.CUSTOMERS)
  old.exec(`create table customers (email text primary key, name text, plan text not null);
    insert into customers values ('Ada@contoso.example', 'Ada', 'gold'), ('amir@contoso.example', 'Amir', 'silver'),
      ('ada@contoso.example', 'Ada once more', 'bronze'), ('n/a', 'Nobody', 'lead')`)
  const start = async (port?: string) => await startExample('moving-users.ts', { ...environment, ...(port !== undefined && { PORT: port }) })
  const first = await start()
  t.teardown(async () => await first.stop())
  t.match(first.output(), /not moved: another row has the same address[^]*not moved: no address that anybody could prove\nwaiting to be moved: 2\n/)
  t.notMatch(first.output(), /@contoso/, 'no address is logged')
  const plan = async (client: ReturnType<typeof createClient>): Promise<unknown> => JSON.parse((await client.get('/customer')).body)

  const mallory = createClient(first.baseUrl)
  await mallory.signIn('mallory')
  t.equal((await mallory.get('/customer')).status, 401, 'who typed the address of a customer into a tenant of her own is nobody')
  const denied = createClient(first.baseUrl)
  await denied.signIn('mallory-mapped')
  t.equal((await denied.get('/customer')).status, 401, 'and so with a claim of her own making')

  const ada = createClient(first.baseUrl)
  await ada.signIn('ada')
  t.match(await plan(ada), { plan: 'gold' }, 'who proves the address has the row')
  const adam = await createClient(first.baseUrl).signIn('adam')
  t.match({ status: adam.status, body: adam.body }, { status: 409, body: 'email_in_use' }, 'a colleague who got the address later has not')

  const amir = createClient(first.baseUrl)
  await amir.signIn('amir')
  t.equal((await amir.get('/customer')).status, 401)
  await amir.enterCode()
  t.match(await plan(amir), { plan: 'silver' }, 'a code proves what Microsoft does not')

  const pat = createClient(first.baseUrl)
  await pat.signIn('pat')
  t.match(await plan(pat), { name: 'Pat Personal', plan: 'trial' }, 'who is new gets a row')

  await first.stop()
  const again = await start(new URL(first.baseUrl).port)
  t.teardown(async () => await again.stop())
  t.match(await plan(ada), { plan: 'gold' }, 'the second run changes nothing')
  t.equal(new DatabaseSync(environment.CUSTOMERS).prepare('select count(*) as many from customers').get()!.many, 5)
})

t.test('the page about moving users names the example that runs', async (t) => {
  t.match(readFileSync(join(import.meta.dirname, '../../docs/moving-users.md'), 'utf8'), '(../examples/moving-users.ts)')
})
