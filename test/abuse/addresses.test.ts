import type { Test } from 'tap'
import type { AuthEvent } from '../../src/core/events.ts'
import { takesLong } from '../patient.ts'
import { program } from '../plugins/app.ts'
import { withClaims } from './forge.ts'
import { me, type Person, victims } from './people.ts'
import { isRefused, tries } from './trial.ts'
import { type Setting, startWorld, type World } from './world.ts'

takesLong()

/** Whose address is attacked: she is signed in, and it is her verified identifier. */
const ada = 'ada@contoso.example'

/** Who signs in with such claims is nobody else, and holds no address; or is refused for an address that is the victim's. */
async function gainsNothing (t: Test, world: World, title: string, claims: Record<string, unknown>, account = 'mallory'): Promise<Person | null> {
  const before = await victims(world)
  const response = await world.signIn(account, { answer: withClaims(claims) })
  t.equal(await victims(world), before, `${title}: the victim's is the victim's`)
  if (response.statusCode !== 303) {
    t.match(response.json(), { statusCode: 409, code: 'email_in_use' }, title)
    return null
  }
  const person = await me(world, response)
  t.not(person.id, world.victim.id, title)
  t.notOk(person.email?.verified ?? false, title)
  t.same(await world.app.accounts.emails(person.id), [], `${title}: and holds no address`)
  return person
}

/** One attack for each set of claims, under the options in which most can go wrong, and with merging off. */
function gains (id: string, rule: string, claims: Record<string, Record<string, unknown>>, { account, ...setting }: Setting & { account?: string } = {}): void {
  for (const merge of [true, false]) {
    tries(id, `${rule}, with merging ${merge ? 'on' : 'off'}`, async (t, engine) => {
      const world = await startWorld(t, engine, { ...setting, options: { ...setting.options, allow_email_account_merge: merge } })
      for (const [title, one] of Object.entries(claims)) await gainsNothing(t, world, title, one, account)
    })
  }
}

tries('E01', 'an address that a tenant merely states is nobody\'s proof', async (t, engine) => {
  const world = await startWorld(t, engine)
  await isRefused(t, world, 'with merging on', { code: 'email_in_use', attempt: 'used' }, async () => ({ response: await world.signIn('mallory'), sent: [ada] }))
  const apart = await startWorld(t, engine, { options: { allow_email_account_merge: false } })
  t.match((await gainsNothing(t, apart, 'with merging off', {}))!.email, { canonical: ada, verified: false, score: 20 })
})

const trueValues = [true, 'true', '1']
const otherValues = [1, 'True', 'TRUE', ' true', 'yes', 'on', [true], { v: true }, 2, -1, '0', 0, false, 'false', null, '', 'true\u0000']

tries('E02', 'xms_edov is true as true, "true" or "1", and with strictEdov as true alone', async (t, engine) => {
  for (const strictEdov of [false, true]) {
    const world = await startWorld(t, engine, { options: { strictEdov } })
    for (const value of [...trueValues, ...otherValues, undefined]) {
      const isTrue = strictEdov ? value === true : trueValues.includes(value as string)
      const response = await world.signIn('noel', { answer: withClaims({ email: 'noel@contoso.example', xms_edov: value }) })
      const { email } = await me(world, response)
      t.match(email, { verified: isTrue, score: isTrue ? 90 : value === undefined ? 20 : 0 }, `${String(JSON.stringify(value))}${strictEdov ? ', strictly' : ''}`)
    }
  }
})

gains('E04', 'what is no text is no address', Object.fromEntries([[ada], ['a@x.example', ada], { toString: ada }, 5, true].map((email) => [JSON.stringify(email), { email, xms_edov: true }])))

gains('E05', 'a claim that a tenant can map proves nothing', { email_verified: { email_verified: true }, verified: { verified: true, email_score: 100 } })

gains('E07', 'a sign-in name proves no address by default', { 'Ada\'s address as upn': { email: undefined, upn: ada }, 'and as both': { upn: ada } })

gains('E07', 'with the preset that believes in sign-in names, those of guests and of nobody\'s domain prove nothing', {
  'a guest': { email: undefined, upn: ada, acct: 1 },
  'another issuer\'s': { email: undefined, upn: ada, idp: 'https://idp.example/' },
  'below onmicrosoft.com': { email: undefined, upn: 'ada@contoso.onmicrosoft.com' }
}, { options: { preset: 'upn', requireVerifiedEmail: false } })

gains('E08', 'the sign-in name of a guest is not read backwards', {
  '#EXT#': { email: undefined, upn: 'ada_contoso.example#EXT#@mallory.onmicrosoft.com' },
  _EXT_: { email: undefined, upn: 'ada_contoso.example_EXT_@mallory.example' }
}, { options: { preset: 'upn', requireVerifiedEmail: false } })

gains('E10', 'what is there to be shown is not believed', { 'every one of them': { email: undefined, preferred_username: ada, unique_name: ada, login_hint: ada, name: ada, nickname: ada } })

tries('E11', 'xms_edov vouches for the address of the e-mail claim, and for no other', async (t, engine) => {
  for (const options of [{}, { preset: 'upn', threshold: 90, requireVerifiedEmail: false }] as const) {
    const world = await startWorld(t, engine, { options })
    const before = await victims(world)
    const person = await me(world, await world.signIn('mallory', { answer: withClaims({ email: 'own@mallory.example', xms_edov: true, upn: ada }) }))
    t.match(person.email, { canonical: 'own@mallory.example', verified: true })
    t.equal(await victims(world), before)
  }
})

gains('E13', 'a guest whose home verifies nothing has proven nothing', {
  'of a social network': { acct: 1, idp: 'facebook.com', xms_edov: false },
  'of another federation': { acct: 1, idp: 'https://saml.example/idp', xms_edov: false }
})

tries('E14', 'an address in capital letters is the same address', async (t, engine) => {
  const world = await startWorld(t, engine, { options: { allow_email_account_merge: false } })
  for (const email of ['Ada@contoso.example', 'ADA@CONTOSO.EXAMPLE', 'ada@Contoso.Example']) {
    await isRefused(t, world, email, { code: 'email_in_use', attempt: 'used' }, async () => ({ response: await world.signIn('ada-home', { answer: withClaims({ email }) }), sent: [email] }))
  }
})

gains('E16', 'letters that look alike are other letters', Object.fromEntries(['аda@contoso.example', 'ada@cоntoso.example', 'ada@xn--cntoso-nhg.example', 'ａda@contoso.example', 'ada@contoso。example'].map((email) => [email, { email }])))

tries('E16', 'both ways to write an international domain are one', async (t, engine) => {
  const world = await startWorld(t, engine)
  const first = await me(world, await world.signIn('noel', { answer: withClaims({ email: 'noel@bücher.example', xms_edov: true }) }))
  const second = await me(world, await world.signIn('noel', { answer: withClaims({ email: 'noel@xn--bcher-kva.example', xms_edov: true }) }))
  t.equal(first.email!.canonical, second.email!.canonical)
})

const unusable = (emails: readonly string[]) => Object.fromEntries(emails.map((email) => [JSON.stringify(email), { email, xms_edov: true }]))

gains('E17', 'an address with a character that nobody sees is none', unusable(['ada\u200b@contoso.example', 'a\u00adda@contoso.example', '\u202eada@contoso.example', 'ada\u00a0@contoso.example', ' ada@contoso.example', 'ada@contoso.example ', 'ada\t@contoso.example', 'ada@contoso.example.']))

gains('E19', 'what is more than one mailbox, or another spelling of one, is no address', unusable([
  '"ada"@contoso.example', '"a@b"@contoso.example', 'ada(c)@contoso.example', 'Ada <ada@contoso.example>', 'ada@contoso.example,me@mallory.example', 'ada@contoso.example;x', 'ada@contoso.example\r\nBcc: x@mallory.example', 'ada@[127.0.0.1]', 'a@b@contoso.example'
]))

tries('E19', 'what routes elsewhere in other systems is somebody else\'s mailbox', async (t, engine) => {
  const world = await startWorld(t, engine)
  const before = await victims(world)
  for (const email of ['ada%contoso.example@mallory.example', 'contoso.example!ada@mallory.example']) {
    const { email: own } = await me(world, await world.signIn('mallory', { answer: withClaims({ email, xms_edov: true }) }))
    if (own !== null) t.match(own.canonical, /@mallory\.example$/)
    t.equal(await victims(world), before)
  }
})

gains('E20', 'a NUL is a character like any other that an address does not have', { 'in the address': { email: 'ada@contoso.example\u0000@mallory.example', xms_edov: true }, 'in the name': { name: 'Ada\u0000', email: undefined }, 'in the given name': { given_name: '\u0000', email: undefined } })

tries('E20', 'nor does an object id', async (t, engine) => {
  const world = await startWorld(t, engine)
  await isRefused(t, world, 'oid', { code: 'invalid_token', attempt: 'used' }, async () => await world.signIn('mallory', { answer: withClaims({ oid: '05a075fd-720d-494c-a60d-502acc523a4f\u0000' }) }))
})

tries('E22', 'dots and tags are part of an address', async (t, engine) => {
  const world = await startWorld(t, engine)
  const ids = new Set([world.victim.id])
  for (const [account, email] of [['noel', 'ada+x@contoso.example'], ['olga', 'a.d.a@contoso.example']] as const) {
    ids.add((await me(world, await world.signIn(account, { answer: withClaims({ email, xms_edov: true }) }))).id)
  }
  t.equal(ids.size, 3)
})

for (const xmsEdov of [true, false]) {
  tries('E23', `who changes to an address that somebody holds stays who they are, with xms_edov ${xmsEdov}`, async (t, engine) => {
    const events: AuthEvent[] = []
    const world = await startWorld(t, engine, { options: { onEvent: (event) => { events.push(event) } } })
    const first = await me(world, await world.signIn('pat'))
    const before = await victims(world)
    const second = await me(world, await world.signIn('pat', { answer: withClaims({ email: ada, xms_edov: xmsEdov }) }))
    t.equal(second.id, first.id)
    t.equal(await victims(world), before)
    t.match(await world.app.accounts.emails(first.id), [{ canonical: 'pat@outlook.example', verified: true }], 'and keeps what they had')
    t.same(events.map(({ type }) => type).slice(6), ['email_changed', ...xmsEdov ? ['identifier_held'] : [], 'signed_in'], 'the application is told')
  })
}

tries('E24', 'who was given the address of a colleague that left is not the colleague', async (t, engine) => {
  const world = await startWorld(t, engine)
  await isRefused(t, world, 'same tenant, another object', { code: 'email_in_use', attempt: 'used' }, async () => ({ response: await world.signIn('adam'), sent: [ada] }))
})

tries('E26', 'nothing that a request brings lifts an address', async (t, engine) => {
  const world = await startWorld(t, engine)
  const headers = { ...program, 'x-ms-client-principal-name': ada, 'x-forwarded-email': ada, 'x-ms-token-aad-id-token': ada }
  const begun = await world.begin('amir', { headers, query: { email: ada, login_hint: ada } })
  const response = await begun.finish(`${begun.callback.pathname}${begun.callback.search}&email=${encodeURIComponent(ada)}&email_verified=true`)
  t.match((await me(world, response)).email, { canonical: 'amir@contoso.example', verified: false, score: 20 })
})

tries('E28', 'a bound domain is that domain, and none below, above or beside it', async (t, engine) => {
  const contoso = '62d81b84-3105-40cb-979d-5dd0aafa28d9'
  const world = await startWorld(t, engine, { options: { tenantDomains: { [contoso]: ['contoso.example'] } } })
  for (const [email, score] of [['amir@contoso.example', 95], ['amir@CONTOSO.example', 95], ['amir@evilcontoso.example', 20], ['amir@contoso.example.evil.com', 20], ['amir@sub.contoso.example', 20], ['amir@example', 0]] as const) {
    t.equal((await me(world, await world.signIn('amir', { answer: withClaims({ email }) }))).email?.score ?? 0, score, email)
  }
})

tries('E29', 'an address that is denied later on merges nobody any more', async (t, engine) => {
  const world = await startWorld(t, engine)
  t.equal((await me(world, await world.signIn('ada', { answer: withClaims({ xms_edov: false }) }))).id, world.victim.id, 'she is who she was')
  const identities = await world.app.accounts.identities(world.victim.id)
  await gainsNothing(t, world, 'somebody else with the same address, denied', { email: ada, xms_edov: false }, 'pat')
  t.same((await world.app.accounts.identities(world.victim.id)).length, identities.length)
})
