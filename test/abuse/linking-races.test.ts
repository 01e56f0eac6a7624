import { takesLong } from '../patient.ts'
import { callback, keyOf, ownPage, post, startLink, unlinkPath, usersOf } from '../plugins/identities.ts'
import { NoAnswer } from '../servers/person.ts'
import { failStatement } from '../store/fail-statement.ts'
import { seen, sessionIn } from '../plugins/session-cookie.ts'
import { withClaims } from './forge.ts'
import { countOf, me } from './people.ts'
import { startSite, triesTogether } from './site.ts'
import { tries } from './trial.ts'
import { startWorld, type World } from './world.ts'

takesLong()

const pat = 'pat@outlook.example'

/** How many users have no way in, and how many identities no user: neither must be. */
async function orphans (world: World): Promise<number> {
  const tables = new Map(JSON.parse(await world.rows()) as Array<[string, Array<Record<string, string>>]>)
  const users = tables.get('users')!.map(({ id }) => id)
  const owners = tables.get('identities')!.map(({ user_id: id }) => id)
  return users.filter((id) => !owners.includes(id)).length + owners.filter((id) => !users.includes(id)).length
}

tries('L10', 'of fifty first sign-ins at once all are the same user', async (t, engine) => {
  const world = await startWorld(t, engine)
  const begun = await Promise.all(Array.from({ length: 50 }, async () => await world.begin('pat')))
  const answers = await Promise.all(begun.map(async ({ finish }) => await finish()))
  t.same(answers.map(({ statusCode }) => statusCode), answers.map(() => 303))
  t.equal(new Set(await Promise.all(answers.map(async (answer) => (await me(world, answer)).id))).size, 1)
  t.same([await countOf(world, 'users'), await countOf(world, 'identities'), await countOf(world, 'identifiers')], [2, 2, 2])
})

triesTogether('L10', 'on two servers as well', async (t, engine) => {
  const site = await startSite(t, await engine.newSharedLocation(t))
  const servers = await Promise.all([site.start(), site.start()])
  const answers = await Promise.all(Array.from({ length: 50 }, async () => await site.signIn('vouched-0')))
  t.same(answers.map(({ status }) => status), answers.map(() => 200))
  t.equal(new Set(answers.map(({ body }) => (JSON.parse(body) as { id: string }).id)).size, 1)
  for (const { output } of servers) t.equal(output(), '', 'nothing was logged as an error')
  t.same(await site.stop(), [])
})

for (const merge of [true, false]) {
  tries('L11', `of two identities with one verified address at once ${merge ? 'both are one user' : 'one holds it'}, with merging ${merge ? 'on' : 'off'}`, async (t, engine) => {
    const world = await startWorld(t, engine, { options: { allow_email_account_merge: merge } })
    for (const round of [1, 2, 3]) {
      const email = `shared${round}@partner.example`
      const people = await Promise.all((['noel', 'mallory'] as const).map(async (account) => await world.begin(account)))
      // Each round is the first sign-in of two others.
      world.simulator.setTokenResponseHook(async (response) => await withClaims({ email, xms_edov: true, oid: `00000000-0000-4000-8000-00000000000${round}` })(response))
      const answers = await Promise.all(people.map(async ({ finish }) => await finish()))
      t.same(answers.map(({ statusCode }) => statusCode).sort(), merge ? [303, 303] : [303, 409])
      if (!merge) t.equal(answers.find(({ statusCode }) => statusCode === 409)!.json().code, 'email_in_use')
      const holder = (await world.app.accounts.findByEmail(email))!
      t.equal((await world.app.accounts.identities(holder.id)).length, merge ? 2 : 1)
    }
    t.equal(await countOf(world, 'users'), 4, 'one for each address')
    t.equal(await countOf(world, 'identifiers'), 4)
  })
}

triesTogether('L11', 'of two identities with one verified address at once one holds it, on two servers', async (t, engine) => {
  const site = await startSite(t, await engine.newSharedLocation(t), { allow_email_account_merge: false })
  await Promise.all([site.start(), site.start()])
  for (const [index, { key }] of site.population.vouched.entries()) {
    const answers = await Promise.all([key, site.population.twins[index]!.key].map(async (account) => await site.signIn(account)))
    t.same(answers.map(({ status }) => status).sort(), [200, 409])
    t.match(JSON.parse(answers.find(({ status }) => status === 409)!.body), { code: 'email_in_use' })
  }
  t.same(await site.stop(), [])
})

tries('L12', 'of two who link one identity at once one has it', async (t, engine) => {
  const world = await startWorld(t, engine)
  const other = sessionIn(await world.signIn('noel'))
  for (const account of ['pat', 'grace', 'dora']) {
    const links = [await startLink(world, world.victim.cookie, account), await startLink(world, other, account)]
    const answers = await Promise.all(links.map(async ({ query, cookie }) => await callback(world, query, cookie)))
    t.same(answers.map(({ statusCode }) => statusCode).sort(), [303, 409], account)
    t.equal(answers.find(({ statusCode }) => statusCode === 409)!.json().code, 'identity_in_use')
    const winner = answers[0]!.statusCode === 303 ? world.victim.id : (await seen(world, other)).json().id
    t.same(await usersOf(world, account), [winner])
  }
  t.equal((await seen(world, world.victim.cookie)).statusCode, 200, 'both are who they were')
})

tries('L13', 'a first sign-in that fails at any statement leaves nothing by halves, and works afterwards', async (t, engine) => {
  const world = await startWorld(t, engine)
  const before = await world.rows(['used_attempts'])
  let statements = 0
  for (let number = 1; ; number++) {
    const { finish } = await world.begin('pat')
    const failure = failStatement(t, engine, number)
    const response = await finish()
    failure.restore()
    if (!failure.hasFailed()) break
    statements = number
    if (response.statusCode !== 303) t.match(response.json(), { statusCode: 503, code: 'store_unavailable' }, `statement ${number}`)
    t.equal(await orphans(world), 0, `statement ${number}: no user without a way in, no identity without a user`)
    if (await countOf(world, 'users') === 1) t.equal(await world.rows(['used_attempts']), before, `statement ${number}: nothing is there`)
    const { id } = await me(world, await world.signIn('pat'))
    t.equal((await world.app.accounts.findByEmail(pat))!.id, id, `statement ${number}: the next sign-in has all of it`)
    await world.app.accounts.delete(id)
  }
  t.ok(statements >= 10, `there are several (${statements})`)
})

triesTogether('L13', 'a server that is killed between the user and the identity leaves neither', async (t, engine) => {
  const site = await startSite(t, await engine.newSharedLocation(t))
  await site.start('../abuse/dying-server.ts')
  t.ok(await site.signIn('vouched-0').then(() => null, (error: unknown) => error) instanceof NoAnswer)
  t.equal(site.tokenRequests(), 1, 'it died after Microsoft\'s answer')
  t.same(await site.stop(), [])
  await site.start()
  const again = await site.signIn('vouched-0')
  t.match(again, { status: 200 })
  t.match(JSON.parse(again.body), { email: { canonical: site.population.vouched[0]!.address, verified: true } }, 'nobody keeps the address from its owner')
  t.same(await site.stop(), [])
})

tries('L15', 'of two ways in that are given up at once one stays', async (t, engine) => {
  const world = await startWorld(t, engine)
  for (const round of [1, 2, 3]) {
    const { tid, oid } = (await world.app.accounts.identities(world.victim.id))[0]!
    const account = oid === keyOf('pat').oid ? 'ada' : 'pat'
    const { query, cookie } = await startLink(world, world.victim.cookie, account)
    t.equal((await callback(world, query, cookie)).statusCode, 303)
    const answers = await Promise.all([{ tid, oid }, keyOf(account)].map(async (key) => await post(world, unlinkPath, world.victim.cookie, ownPage, key)))
    t.same(answers.map(({ statusCode }) => statusCode).sort(), [204, 409], `round ${round}`)
    t.equal(answers.find(({ statusCode }) => statusCode === 409)!.json().code, 'last_identity')
    t.equal((await world.app.accounts.identities(world.victim.id)).length, 1)
  }
})
