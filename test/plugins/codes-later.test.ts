import t, { type Test } from 'tap'
import { refuse } from '../../src/core/errors.ts'
import type { AuthEvent } from '../../src/core/events.ts'
import { builtInAccounts } from '../../src/simulator/accounts.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { program } from './app.ts'
import { type CodesApp, codesApp, cookiesOf } from './codes.ts'

/*
 * What a one-time code has proven, and what was merged on it, at later sign-ins.
 */

const address = 'amir@contoso.example'

const keyOf = (account: string): { tid: string, oid: string } => {
  const { tid, oid } = builtInAccounts.find(({ key }) => key === account)!
  return { tid, oid }
}

/** The e-mail of a session. */
async function emailOf ({ app }: CodesApp, cookie: string): Promise<unknown> {
  return (await app.inject({ url: '/me', headers: { ...program, cookie } })).json().email
}

/** Signs amir in by a code, and gives the session. */
async function signInByCode (test: CodesApp): Promise<string> {
  const { cookie } = await test.begin('amir')
  return `__Host-entra-session=${cookiesOf(await test.json(cookie, { code: test.code() }))['__Host-entra-session']}`
}

/** Amir, who proved the address by a code, has a second identity and gives the first one up. */
async function unlinked (t: Test, test: CodesApp): Promise<{ id: string, pat: string }> {
  const cookie = await signInByCode(test)
  const { id } = (await test.app.accounts.findByIdentity(keyOf('amir')))!
  t.match(await emailOf(test, (await test.simulator.signIn(test.app, 'amir')).cookie), { score: 100 }, 'the positive control: it counts while nothing has changed')
  await test.simulator.link(test.app, 'pat', { cookie })
  await test.app.accounts.unlink(id, keyOf('amir'))
  test.clock.now += 60_000
  return { id, pat: (await test.simulator.signIn(test.app, 'pat')).cookie }
}

t.test('what a code had proven ends with the link, and does not come back when the identity is linked again', async (t) => {
  const test = await codesApp(t)
  const { id, pat } = await unlinked(t, test)
  t.equal((await test.simulator.link(test.app, 'amir', { cookie: pat })).location, '/auth/account')
  const { cookie } = await test.simulator.signIn(test.app, 'amir')
  t.match(await emailOf(test, cookie), { address, score: 20, verified: false })
  t.same((await test.app.accounts.emails(id)).map(({ canonical }) => canonical).includes(address), false)
})

t.test('a new code proves it anew, for the same user too, and counts from then on', async (t) => {
  const test = await codesApp(t, { allow_email_account_merge: true })
  const { id } = await unlinked(t, test)
  await test.app.accounts.verifyEmail(id, address)
  // Row D2 is about other identities of the tenant: this is the same one.
  await signInByCode(test)
  t.equal((await test.app.accounts.findByIdentity(keyOf('amir')))!.id, id, 'D3')
  test.clock.now += 60_000
  const { proofs } = await test.app.accounts.export(id)
  t.match(await emailOf(test, (await test.simulator.signIn(test.app, 'amir')).cookie), { score: 100, verified: true })
  t.same((await test.app.accounts.export(id)).proofs, proofs, 'a sign-in that counts it proves nothing new')
})

t.test('it counts for nothing while another user holds the address, and again when nobody does', async (t) => {
  const test = await codesApp(t)
  await signInByCode(test)
  const { id } = (await test.app.accounts.findByIdentity(keyOf('amir')))!
  await test.app.accounts.removeEmail(id, address)
  const score = async (): Promise<unknown> => await emailOf(test, (await test.simulator.signIn(test.app, 'amir')).cookie)
  t.match(await score(), { score: 100 })
  const successor = await test.app.accounts.create()
  await test.app.accounts.verifyEmail(successor.id, address)
  t.match(await score(), { score: 20, verified: false })
  await test.app.accounts.releaseEmail(successor.id, address)
  t.match(await score(), { score: 100 })
})

t.test('a merge that was cut off tells the mailbox that it was made on, whatever later tokens say', async (t) => {
  const test = await codesApp(t, { allow_email_account_merge: true })
  const events: AuthEvent[] = []
  signInOf(test.app).listen(async (event) => { events.push(event) })
  const holder = await test.app.accounts.create({ displayName: 'Holder' })
  await test.app.accounts.verifyEmail(holder.id, address)
  const { cookie } = await test.begin('amir')
  const signIn = signInOf(test.app)
  const { endSessions } = signIn
  signIn.endSessions = async () => { throw refuse('store_unavailable', 'redis_offline') }
  t.equal((await test.json(cookie, { code: test.code() })).statusCode, 503)
  t.equal((await test.app.accounts.findByIdentity(keyOf('amir')))?.id, holder.id, 'merged all the same')
  const elsewhere = { claims: { email: 'elsewhere@evil.example' } }
  await test.simulator.signIn(test.app, 'amir', elsewhere)
  signIn.endSessions = endSessions
  const before = test.simulator.mails.length
  events.length = 0
  await test.simulator.signIn(test.app, 'amir', elsewhere)
  const merged = events.filter(({ type }) => type === 'account_merged')
  t.match(merged, [{ address, userId: holder.id, evidence: [{ kind: 'mailbox_control', score: 100 }] }])
  t.equal(merged.length, 1)
  t.match(events.filter(({ type }) => type === 'signed_in'), [{ address: 'elsewhere@evil.example' }])
  await test.app.close()
  t.same(test.simulator.mails.slice(0, test.simulator.mails.length - before).map(({ to }) => to), [address])
})

t.test('once a merge is finished the identity shows what the token says, and nothing is told twice', async (t) => {
  const test = await codesApp(t, { allow_email_account_merge: true })
  const events: string[] = []
  signInOf(test.app).listen(async ({ type }) => { events.push(type) })
  const holder = await test.app.accounts.create()
  await test.app.accounts.verifyEmail(holder.id, address)
  const signIn = signInOf(test.app)
  const { endSessions } = signIn
  signIn.endSessions = async () => { throw refuse('store_unavailable', 'redis_offline') }
  const { cookie } = await test.begin('amir')
  await test.json(cookie, { code: test.code() })
  signIn.endSessions = endSessions
  const elsewhere = { claims: { email: 'elsewhere@evil.example' } }
  await test.simulator.signIn(test.app, 'amir', elsewhere)
  t.match(await test.app.accounts.identities(holder.id), [{ email: { canonical: 'elsewhere@evil.example' } }])
  events.length = 0
  await test.simulator.signIn(test.app, 'amir', elsewhere)
  t.same(events, ['signed_in'])
})
