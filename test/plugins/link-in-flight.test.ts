import t, { type Test } from 'tap'
import { sql } from 'kysely'
import { refuse } from '../../src/core/errors.ts'
import { builtInAccounts } from '../../src/simulator/accounts.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { httpsApp, program, type TestApp } from './app.ts'

const keyOf = (account: string): { tid: string, oid: string } => {
  const { tid, oid } = builtInAccounts.find(({ key }) => key === account)!
  return { tid, oid }
}

const idOf = async ({ app }: TestApp, account: string): Promise<string | undefined> => (await app.accounts.findByIdentity(keyOf(account)))?.id

/** Does something when the session store is asked past the cache for the `nth` time: the link is under way then. */
function before (test: TestApp, nth: number, work: () => Promise<unknown>): void {
  const signIn = signInOf(test.app)
  const ask = signIn.sessionIsAlive!
  let asked = 0
  signIn.sessionIsAlive = async (request) => {
    if (++asked === nth) await work()
    return await ask(request)
  }
}

/** What ends a session, by its name. */
const endings: Array<[string, (test: TestApp, userId: string, cookie: string) => Promise<unknown>]> = [
  ['signed out', async ({ app }, _userId, cookie) => await app.inject({ method: 'POST', url: '/auth/logout', headers: { ...program, cookie, origin: 'https://app.example' } })],
  ['signed out everywhere', async ({ app }, userId) => await app.sessions.signOutEverywhere(userId)],
  ['disabled and enabled again', async ({ app }, userId) => {
    await app.accounts.disable(userId)
    await app.accounts.enable(userId)
  }],
  ['ended by another server, while this one still believes its cache', async ({ app }) => await signInOf(app).database.run((db) => db.deleteFrom('sessions').execute())]
]

/** Links pat to ada's account, which must be refused and change nothing but what the ending did. */
async function refusedLink (t: Test, test: TestApp, cookie: string, rows: () => string | undefined): Promise<void> {
  t.equal((await test.simulator.link(test.app, 'pat', { cookie })).location, '/auth/error?error=session_mismatch')
  t.equal(await test.rows(['used_attempts']), rows(), 'nothing changed')
  t.equal(await idOf(test, 'pat'), undefined)
  t.same((await test.app.audit.list({ type: 'identity_linked' })), [])
  t.match(await test.app.audit.list({ type: 'refused' }), [{ code: 'session_mismatch', row: 'A1' }])
}

for (const [nth, when] of [[1, 'between the token and the transaction'], [2, 'between the commit and the answer']] as const) {
  for (const [title, end] of endings) {
    t.test(`a session that is ${title} ${when} links nothing (L19)`, async (t) => {
      const test = await httpsApp(t, { use_email_as_identifier: true, sessionCache: 5_000 })
      const { cookie } = await test.simulator.signIn(test.app, 'ada')
      const userId = (await idOf(test, 'ada'))!
      let rows: string | undefined
      if (nth === 1) {
        before(test, nth, async () => {
          await end(test, userId, cookie)
          rows = await test.rows(['used_attempts'])
        })
      } else {
        const earlier = await test.rows(['used_attempts', 'sessions'])
        before(test, nth, async () => {
          t.equal(await idOf(test, 'pat'), userId, 'it is committed')
          await end(test, userId, cookie)
          const sessions = JSON.parse(await test.rows(['used_attempts'])).filter(([name]: [string]) => name === 'sessions')
          const all = [...JSON.parse(earlier), ...sessions].sort(([one], [other]) => one < other ? -1 : 1)
          rows = JSON.stringify(all, null, 1)
        })
      }
      await refusedLink(t, test, cookie, () => rows)
    })
  }
}

t.test('a session that goes on links, and the one that ended after the answer had linked', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const asked: number[] = []
  before(test, 1, async () => asked.push(1))
  before(test, 2, async () => asked.push(2))
  t.equal((await test.simulator.link(test.app, 'pat', { cookie })).location, '/auth/account')
  t.same(asked, [1, 2])
  t.equal(await idOf(test, 'pat'), await idOf(test, 'ada'))
})

t.test('who signed in by the identity before the link was undone is signed out with it, and nobody else is', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const phone = await test.simulator.signIn(test.app, 'ada')
  const me = async (cookie: string) => (await test.app.inject({ url: '/me', headers: { ...program, cookie } })).statusCode
  let pat = ''
  before(test, 2, async () => {
    pat = (await test.simulator.signIn(test.app, 'pat')).cookie
    t.equal(await me(pat), 200)
    await endings[0]![1](test, '', cookie)
  })
  t.equal((await test.simulator.link(test.app, 'pat', { cookie })).location, '/auth/error?error=session_mismatch')
  t.equal(await me(pat), 401)
  t.equal(await me(phone.cookie), 200)
})

t.test('a session store that does not answer links nothing; what cannot be undone either is written down', async (t) => {
  for (const isUndone of [true, false]) {
    const test = await httpsApp(t)
    const { cookie } = await test.simulator.signIn(test.app, 'ada')
    const rows = await test.rows(['used_attempts'])
    before(test, 2, async () => {
      if (!isUndone) await signInOf(test.app).database.run(async (db) => await sql`create trigger stuck before delete on identities begin select raise(abort, 'stuck'); end`.execute(db))
      throw refuse('store_unavailable', 'redis_offline')
    })
    t.equal((await test.simulator.link(test.app, 'pat', { cookie })).location, '/auth/error?error=store_unavailable')
    t.equal(await test.rows(['used_attempts']) === rows, isUndone)
    t.equal((await test.app.audit.list({ type: 'identity_linked' })).length, isUndone ? 0 : 1)
  }
})

t.test('a link that could not be written down at first is written down with its refusal, and told once', async (t) => {
  const told: string[] = []
  const test = await httpsApp(t, { onEvent: ({ type }) => { told.push(type) } })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  told.length = 0
  const { database } = signInOf(test.app)
  await database.run(async (db) => await sql`create trigger broken before insert on audit begin select raise(abort, 'broken'); end`.execute(db))
  signInOf(test.app).listen(async ({ type }) => {
    if (type === 'identity_linked') await database.run(async (db) => await sql`drop trigger broken`.execute(db))
  })
  t.equal((await test.simulator.link(test.app, 'pat', { cookie })).location, '/auth/error?error=store_unavailable')
  t.equal(await idOf(test, 'pat'), await idOf(test, 'ada'), 'the link is done')
  t.match(await test.app.audit.list({ limit: 2 }), [{ type: 'refused', code: 'store_unavailable' }, { type: 'identity_linked', row: 'A5', identity: keyOf('pat') }])
  t.same(told, ['identity_linked', 'refused'])
})
