import type { AuthEvent } from '../../src/core/events.ts'
import { takesLong } from '../patient.ts'
import { program } from '../plugins/app.ts'
import { seen, sessionIn } from '../plugins/session-cookie.ts'
import { cookiesOf } from '../plugins/codes.ts'
import { keyOf, post } from '../plugins/identities.ts'
import { codeIn, otherThan, startCodes, tried } from './codes.ts'
import { withClaims } from './forge.ts'
import { ada, countOf, malloryAs, me, victims } from './people.ts'
import { isRefused, tries } from './trial.ts'

takesLong()

const pat = 'pat@outlook.example'
const amir = 'amir@contoso.example'
const minute = 60_000

tries('L06', 'a code that waits for an address ends when the address becomes somebody\'s', async (t, engine) => {
  const world = await startCodes(t, engine)
  const { accounts } = world.app
  const owners: Record<string, () => Promise<unknown>> = {
    'by a sign-in': async () => await world.signIn('pat'),
    'by a merge': async () => await world.signIn('noel', { answer: withClaims({ email: pat, tid: keyOf('noel').tid, xms_edov: true }) }),
    'by the application': async () => await accounts.verifyEmail((await accounts.create()).id, 'new@partner.example')
  }
  for (const [title, own] of Object.entries(owners)) {
    const { cookie, code } = await world.ask('mallory', { email: title === 'by the application' ? 'new@partner.example' : pat })
    await own()
    await isRefused(t, world, title, { code: 'otp_expired', attempt: 'kept' }, async () => ({ response: await world.post(cookie, { code }), sent: [code] }))
  }
  const { cookie, code } = await world.ask('amir')
  await accounts.addEmail((await accounts.create()).id, amir)
  t.equal((await world.post(cookie, { code })).statusCode, 200, 'control: who merely adds an address ends nobody\'s code')
})

tries('L08', 'an address that nobody has proven is kept from nobody who proves it by a code', async (t, engine) => {
  const events: AuthEvent[] = []
  const world = await startCodes(t, engine, { options: { onEvent: (event) => { events.push(event) } } })
  const squatter = await world.app.accounts.create()
  await world.app.accounts.addEmail(squatter.id, amir)
  const { cookie, code } = await world.ask('amir')
  const { id } = await me(world, await world.post(cookie, { code }))
  t.match(await world.app.accounts.emails(id), [{ canonical: amir, verified: true }])
  t.same(await world.app.accounts.emails(squatter.id), [])
  t.match(events.find(({ type }) => type === 'identifier_reclaimed'), { userId: squatter.id })
})

tries('L09', 'a mailbox is not enough where the company gave it to somebody else; where it is, the holder is told and sessions end', async (t, engine) => {
  const events: AuthEvent[] = []
  const world = await startCodes(t, engine, { options: { onEvent: (event) => { events.push(event) } } })
  await isRefused(t, world, 'the same tenant, which vouches for the address (D2)', { code: 'email_in_use', attempt: 'used' }, async () => await world.signIn('adam'))
  await isRefused(t, world, 'the same tenant, by a code (D2)', { code: 'email_in_use', attempt: 'used', traces: tried }, async () => {
    const { cookie, code } = await world.ask('amir', { email: ada })
    return await world.post(cookie, { code })
  })
  const asked = await world.ask('mallory')
  await isRefused(t, world, 'another tenant, without the code', { code: 'otp_invalid', attempt: 'kept', traces: tried }, async () => await world.post(asked.cookie, { code: otherThan(asked.code) }))
  const before = world.mails.length
  const merged = await me(world, await world.post(asked.cookie, { code: asked.code }))
  t.equal(merged.id, world.victim.id, 'control: who reads the mailbox is let in (D3)')
  t.equal((await seen(world, world.victim.cookie)).statusCode, 401, 'the sessions of before have ended')
  t.match(events.find(({ type }) => type === 'account_merged'), { userId: world.victim.id, identity: keyOf('mallory') })
  await world.app.close()
  t.match(world.mails.slice(before), [{ to: ada, text: /was added/ }], 'and the holder is told')
})

tries('L31', 'of many codes at once five are compared', async (t, engine) => {
  const world = await startCodes(t, engine)
  const { cookie, code } = await world.ask('amir')
  const answers = await Promise.all(Array.from({ length: 200 }, async (_, index) => await world.post(cookie, { code: otherThan(code, index + 1) })))
  t.equal(answers.filter((answer) => answer.json().code === 'otp_invalid').length, 5)
  const locked = answers.filter(({ statusCode }) => statusCode === 429)
  t.equal(locked.length, 195)
  t.ok(locked.every((answer) => answer.json().code === 'otp_locked' && Number(answer.headers['retry-after']) > 0))
  await isRefused(t, world, 'the right one comes too late', { code: 'otp_locked', attempt: 'kept' }, async () => await world.post(cookie, { code }))
})

tries('L32', 'who has another code sent has no more tries for it', async (t, engine) => {
  const world = await startCodes(t, engine)
  for (let challenge = 0; challenge < 2; challenge++) {
    const { cookie, code } = await world.ask('amir')
    for (let count = 0; count < 4; count++) t.equal((await world.post(cookie, { code: otherThan(code) })).json().code, 'otp_invalid')
    t.equal((await world.post(cookie, {}, '/auth/code/resend')).statusCode, 204)
    t.equal((await world.status(cookie)).triesLeft, 1)
    t.equal((await world.post(cookie, { code })).json().code, 'otp_invalid', 'the code of before is dead, and was a try')
    await isRefused(t, world, 'the new one is not looked at any more', { code: 'otp_locked', attempt: 'kept' }, async () => await world.post(cookie, { code: codeIn(world.mails.at(-1)!) }))
    await isRefused(t, world, 'nor is another one sent', { code: 'otp_locked', attempt: 'kept' }, async () => await world.post(cookie, {}, '/auth/code/resend'))
  }
  const sent = world.mails.length
  await isRefused(t, world, 'ten wrong ones are all there are for the address in a day', { code: 'otp_locked', attempt: 'used' }, async () => await world.signIn('amir'))
  t.equal(world.mails.length, sent)
  await world.ask('dora')
  t.equal(world.mails.length, sent + 1, 'control: another address is another one')
})

tries('L33', 'a code is good once', async (t, engine) => {
  const world = await startCodes(t, engine)
  const { cookie, code } = await world.ask('amir')
  const answers = await Promise.all(Array.from({ length: 4 }, async () => await world.post(cookie, { code })))
  t.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 1)
  t.ok(answers.every((answer) => answer.statusCode === 200 || ['otp_invalid', 'otp_expired'].includes(answer.json().code)))
  await isRefused(t, world, 'and not later', { code: 'otp_expired', attempt: 'kept' }, async () => await world.post(cookie, { code }))
  t.equal(await countOf(world, 'users'), 2)
  t.equal(await countOf(world, 'sessions'), 2)
})

tries('L34', 'a code is good for ten minutes, whatever the clock does', async (t, engine) => {
  const world = await startCodes(t, engine)
  const [first, second, third] = [await world.ask('amir'), await world.ask('dora'), await world.ask('grace')]
  world.clock.now -= 2 * minute
  t.same((await world.post(third.cookie, { code: third.code })).json().code, 'otp_expired', 'one of the future is none')
  world.clock.now += 12 * minute
  t.equal((await world.post(first.cookie, { code: first.code })).statusCode, 200, 'control: 600 seconds')
  world.clock.now += 1_000
  for (const { cookie, code } of [second, third]) await isRefused(t, world, '601 seconds', { code: 'otp_expired', attempt: 'kept' }, async () => await world.post(cookie, { code }))
  t.equal((await world.post(second.cookie, {}, '/auth/code/resend')).statusCode, 204)
  t.equal((await world.post(second.cookie, { code: codeIn(world.mails.at(-1)!) })).statusCode, 200, 'control: a new one has ten minutes of its own')
})

tries('L35', 'a code is good in the browser that was asked for it', async (t, engine) => {
  const world = await startCodes(t, engine)
  const attacker = await world.ask('mallory', { email: amir })
  const victim = await world.ask('amir')
  for (const [title, cookie, code] of [['the victim\'s in the attacker\'s', attacker.cookie, victim.code], ['the attacker\'s in the victim\'s', victim.cookie, attacker.code]] as const) {
    await isRefused(t, world, title, { code: 'otp_invalid', attempt: 'kept', traces: tried }, async () => ({ response: await world.post(cookie, { code }), sent: [code] }))
  }
  t.equal((await world.post(victim.cookie, { code: victim.code })).statusCode, 200, 'control: in its own')
})

tries('L36', 'a secret is good for what it was made for', async (t, engine) => {
  const world = await startCodes(t, engine)
  const begun = await world.begin('amir')
  const { cookie, code } = await world.ask('amir')
  const [, id] = cookie.split('=') as [string, string]
  const [, session] = world.victim.cookie.split('=') as [string, string]
  const secrets: Record<string, string> = {
    'the id of the challenge': id, 'its beginning': id.slice(0, 6), 'a session': session, ...Object.fromEntries(['state', 'nonce', 'code_challenge'].map((name) => [name, begun.authorizationUrl.searchParams.get(name)!])), 'Microsoft\'s code': begun.callback.searchParams.get('code')!
  }
  for (const [index, [title, secret]] of Object.entries(secrets).entries()) {
    // One challenge has five tries, and one address ten.
    const other = await world.ask('amir', { email: `amir${index}@contoso.example` })
    await isRefused(t, world, `${title} is no code`, { code: 'otp_invalid', attempt: 'kept', traces: tried }, async () => ({ response: await world.post(other.cookie, { code: secret }), sent: [secret] }))
  }
  for (const [title, value] of Object.entries({ 'a session': session.slice(0, 43), 'a state': begun.authorizationUrl.searchParams.get('state')!, 'a code': code })) {
    await isRefused(t, world, `${title} is no challenge`, { code: 'otp_expired', attempt: 'kept' }, async () => await world.post(`__Host-entra-code=${value}`, { code }))
  }
  for (const [title, value] of Object.entries({ 'a challenge': id, 'a code': code })) {
    t.equal((await seen(world, `__Host-entra-session=${value}`)).statusCode, 401, `${title} is no session`)
    await isRefused(t, world, `${title} is no state`, { code: 'invalid_state', attempt: 'kept' }, async () => await begun.finish(`/auth/microsoft/callback?code=x&state=${value}`))
  }
  const { csrfToken } = await world.status(cookie)
  await isRefused(t, world, 'the token of a challenge is not that of a session', { code: 'cross_site_request', attempt: 'kept' }, async () => await post(world, '/auth/microsoft/link', world.victim.cookie, {}, { csrf_token: csrfToken }))
  t.equal((await world.post(cookie, { code })).statusCode, 200, 'control: each as what it is')
})

tries('L37', 'an address and some code are nobody\'s proof', async (t, engine) => {
  const world = await startCodes(t, engine)
  const { cookie, code } = await world.ask('amir')
  const other = await world.ask('mallory', { email: 'own@mallory.example' })
  for (const given of [code, '000000']) {
    await isRefused(t, world, 'without the challenge', { code: 'otp_expired', attempt: 'kept' }, async () => ({ response: await world.post('', { email: amir, address: amir, code: given }), sent: [amir] }))
  }
  await isRefused(t, world, 'with one of their own', { code: 'otp_invalid', attempt: 'kept', traces: tried }, async () => ({ response: await world.post(other.cookie, { email: amir, address: amir, code }), sent: [amir] }))
  const rows = await world.rows()
  t.notOk(rows.includes(code), 'in the store the code is not to be read')
  t.notOk(rows.includes(amir), 'nor the address')
  t.equal((await world.post(cookie, { code })).statusCode, 200, 'control: with the challenge')
})

tries('L38', 'what is proven is the address that the code was mailed to', async (t, engine) => {
  const world = await startCodes(t, engine)
  const before = await victims(world)
  const { cookie, code } = await world.ask('mallory', { email: 'own@mallory.example' })
  t.equal(world.mails.at(-1)!.to, 'own@mallory.example')
  const person = await me(world, await world.post(cookie, { code, email: ada, address: ada, identity: keyOf('ada'), tid: keyOf('ada').tid, pending: 'x' }))
  t.not(person.id, world.victim.id)
  t.match(person.email, { canonical: 'own@mallory.example', score: 100 })
  t.equal(await victims(world), before)
  t.equal((await seen(world, world.victim.cookie)).statusCode, 200)
})

tries('L40', 'nothing in a mail does anything, whoever opens it', async (t, engine) => {
  const world = await startCodes(t, engine)
  const { cookie, code } = await world.ask('amir')
  const mail = world.mails.at(-1)!
  t.notMatch(mail.text + mail.html, /https?:|href|src=/i, 'there is nothing to follow')
  const before = await world.rows()
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'] as const) {
    for (const path of ['/auth/code', '/auth/code/resend', '/auth/code/cancel']) {
      const response = await world.app.inject({ method, url: `${path}?code=${code}`, headers: { ...program, cookie, 'sec-fetch-site': 'same-origin', 'x-http-method-override': 'POST' } })
      if (!(method === 'GET' && path === '/auth/code')) t.equal(response.statusCode, 405, `${method} ${path}`)
      t.equal(response.headers['set-cookie'], undefined)
    }
  }
  t.equal(await world.rows(), before)
  t.equal((await world.post(cookie, { code })).statusCode, 200, 'control: posted, it is taken')
})

tries('L41', 'an address gets five mails an hour, whoever asks and however, and nobody learns whose it is', async (t, engine) => {
  const world = await startCodes(t, engine, { options: { rateLimit: { signIn: 100_000 } } })
  const answers: unknown[] = []
  for (const address of [ada, 'nobody@partner.example']) {
    const sent = world.mails.length
    let number = 0
    const start = async () => await world.signIn('mallory', { headers: { ...program, 'x-forwarded-for': `2001:db8:${++number}::1` }, ...malloryAs(number, address) })
    const many = await Promise.all(Array.from({ length: 12 }, start))
    t.same(many.map(({ statusCode }) => statusCode).sort(), [...Array<number>(5).fill(303), ...Array<number>(7).fill(429)], 'of many at once five')
    await isRefused(t, world, 'the sixth', { code: 'too_many_requests', attempt: 'used' }, async () => {
      const response = await start()
      t.equal(response.headers['retry-after'], '3600')
      answers.push([response.statusCode, response.body, Object.keys(cookiesOf(response)).filter((name) => name.includes('code'))])
      return { response, sent: [address] }
    })
    t.equal(world.mails.length, sent + 5)
  }
  t.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1, 'the answer is the same for somebody\'s address and for nobody\'s')
  world.clock.now += 60 * minute
  t.equal((await world.signIn('mallory')).headers.location, '/auth/code', 'control: in an hour there are more')
})

tries('L41', 'a tenant has so many mails an hour, to whomever, and cannot keep others from an address', async (t, engine) => {
  const world = await startCodes(t, engine, { options: { codesPerTenant: 4 } })
  const many = await Promise.all(Array.from({ length: 12 }, async (_, index) => await world.signIn('mallory', malloryAs(index, `stranger${index}@partner.example`))))
  t.same(many.map(({ statusCode }) => statusCode).sort(), [...Array<number>(4).fill(303), ...Array<number>(8).fill(429)], 'of many at once four')
  await isRefused(t, world, 'one more', { code: 'too_many_requests', attempt: 'used' }, async () => await world.signIn('mallory', malloryAs(20, 'stranger20@partner.example')))
  for (let number = 30; number < 36; number++) await world.signIn('mallory', malloryAs(number, amir))
  t.equal(world.mails.length, 4)
  const { cookie, code } = await world.ask('amir')
  t.equal((await world.post(cookie, { code })).statusCode, 200, 'control: people of another tenant are mailed')
})

tries('L24', 'where codes are mailed, somebody\'s address and nobody\'s are answered alike', async (t, engine) => {
  const world = await startCodes(t, engine, { options: { collisionsPerTenant: 1 } })
  const answers = []
  for (const [number, address] of [ada, 'nobody@partner.example'].entries()) {
    const { statusCode, body, headers: { location } } = await world.signIn('mallory', malloryAs(number, address))
    const { cookie, code } = await world.ask('mallory', { email: address })
    const shown = { ...await world.status(cookie), address: null, csrfToken: null }
    const wrong = await world.post(cookie, { code: otherThan(code) })
    answers.push(JSON.stringify([statusCode, body, location, shown, wrong.statusCode, wrong.body]))
  }
  t.equal(answers[0], answers[1])
})

tries('L41', 'a network of IPv6 is one client, and what a client says of itself is not believed', async (t, engine) => {
  const world = await startCodes(t, engine, { options: { rateLimit: { signIn: 3 } }, server: { trustProxy: '127.0.0.1' } })
  // The last word is the proxy's; what is before it the client wrote.
  const from = async (address: string) => (await world.app.inject({ url: '/auth/microsoft/login', headers: { ...program, 'x-forwarded-for': address } })).statusCode
  const network: number[] = []
  for (let count = 0; count < 5; count++) network.push(await from(`2001:db8:1:2:${count}::${count}`))
  t.same(network, [303, 303, 303, 429, 429])
  const forged: number[] = []
  for (let count = 0; count < 5; count++) forged.push(await from(`198.51.100.${count}, 203.0.113.7`))
  t.same(forged, [303, 303, 303, 429, 429])
  t.equal(await from('2001:db8:1:3::1'), 303, 'control: another network is another client')
})

tries('L43', 'what is no text of six ASCII digits is no code, and is a try', async (t, engine) => {
  const world = await startCodes(t, engine)
  const tricks = (code: string): Record<string, unknown> => ({
    'a number': Number(code), 'one digit more': `0${code}`, 'a list': [code], 'an object': { $gt: '' }, 'a space before': ` ${code}`, 'a line after': `${code}\n`, 'a NUL': `${code}\0`, 'full-width digits': [...code].map((digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)).join(''), true: true, nothing: undefined
  })
  for (const [index, title] of Object.keys(tricks('000000')).entries()) {
    const { cookie, code } = await world.ask('amir', { email: `amir${index}@contoso.example` })
    await isRefused(t, world, title, { code: 'otp_invalid', attempt: 'kept', traces: tried }, async () => await world.post(cookie, { code: tricks(code)[title] }))
    t.equal((await world.status(cookie)).triesLeft, 3, `${title}: two tries`)
  }
  const { cookie, code } = await world.ask('amir')
  t.equal((await world.post(cookie, { code })).statusCode, 200, 'control: the text is')
})

tries('L44', 'where no mail can be sent nothing is half done, and the next try works', async (t, engine) => {
  const world = await startCodes(t, engine, { options: { mailTimeout: 100 } })
  const { send } = world.mailer
  const late: Array<() => void> = []
  let handed = 0
  const failures: Record<string, typeof send> = {
    'it rejects': async () => { throw Object.assign(new Error(`no ${amir} here`), { code: 'ECONNREFUSED' }) },
    'it throws nonsense': () => { throw null }, // eslint-disable-line no-throw-literal
    'it fails after it has sent': async (mail) => { await send(mail); throw new Error('boom') },
    'it hangs': async () => await new Promise<void>((resolve) => { late.push(resolve) })
  }
  for (const [title, fail] of Object.entries(failures)) {
    world.mailer.send = async (mail) => { handed++; await fail(mail) }
    await isRefused(t, world, title, { code: 'otp_unavailable', attempt: 'used' }, async () => {
      const before = handed
      const response = await world.signIn('amir')
      t.equal(handed, before + 1, 'it was handed one mail')
      t.equal(await countOf(world, 'code_events'), 2 * late.length, 'only one that may still arrive counts, for address and tenant')
      t.equal(cookiesOf(response)['__Host-entra-code'], undefined)
      return { response, sent: [amir] }
    })
  }
  t.equal(await countOf(world, 'users'), 1)
  t.equal(await countOf(world, 'challenges'), 0)
  world.mailer.send = send
  for (const settle of late) settle()
  const before = world.mails.length
  const { cookie, code } = await world.ask('amir')
  t.equal(world.mails.length, before + 1)
  t.equal((await me(world, await world.post(cookie, { code }))).email!.canonical, amir, 'control: and it is the mail with the right code')

  const waiting = await world.ask('dora')
  world.mailer.send = failures['it rejects']!
  await isRefused(t, world, 'another code that cannot be sent', { code: 'otp_unavailable', attempt: 'kept' }, async () => await world.post(waiting.cookie, {}, '/auth/code/resend'))
  t.equal((await world.post(waiting.cookie, { code: waiting.code })).statusCode, 200, 'leaves the one that was')
  t.ok(sessionIn(await world.signIn('amir')))
})
