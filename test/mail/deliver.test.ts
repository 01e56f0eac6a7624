import t from 'tap'
import { createDelivery, sendThrough } from '../../src/mail/deliver.ts'
import type { Mail, TransportMessage } from '../../src/mail/types.ts'

const environment = { now: () => 1_700_000_000_000 }
const mail: Mail = { to: 'ann@mail.example', subject: 'Code', text: '123456', html: '<p>123456</p>' }

t.test('a mail is handed over once', async (t) => {
  const mails: Mail[] = []
  await createDelivery(async (one) => mails.push(one), 1_000, environment)(mail)
  t.same(mails, [mail])
})

t.test('a mailer that fails is a refusal with a short word, and nothing else of its error', async (t) => {
  const failing = async (error: unknown) => await createDelivery(async () => { throw error }, 1_000, environment)(mail)
  const refused = async (error: unknown, reason: string) => {
    const failure = await failing(error).then(() => t.fail('it was sent'), (reason: unknown) => reason) as Error
    t.match(failure, { code: 'otp_unavailable', statusCode: 503, detail: { reason } })
    t.notMatch(JSON.stringify(failure) + String(failure.stack) + String(failure.cause), /ann@|123456/)
  }
  await refused(Object.assign(new Error('no route to ann@mail.example'), { code: 'ECONNREFUSED' }), 'mailer_ECONNREFUSED')
  await refused(Object.assign(new Error('wrong password'), { code: 'EAUTH' }), 'mailer_EAUTH')
  for (const error of [new Error('123456'), Object.assign(new Error(), { code: 'E ann@mail.example' }), Object.assign(new Error(), { code: 550 }), null, 'ann@mail.example']) await refused(error, 'mailer_failed')
})

t.test('a mailer that throws at once fails like one that rejects', async (t) => {
  await t.rejects(createDelivery(() => { throw Object.assign(new Error(), { code: 'ESOCKET' }) }, 1_000, environment)(mail), { code: 'otp_unavailable', detail: { reason: 'mailer_ESOCKET' } })
})

t.test('a mailer that hangs is given up, and what it does later hurts nobody', async (t) => {
  let fail = (): void => {}
  const hanging = createDelivery(async () => await new Promise((_resolve, reject) => { fail = () => reject(new Error('late')) }), 20, environment)
  await t.rejects(hanging(mail), { code: 'otp_unavailable', detail: { reason: 'mailer_timeout' } })
  fail()
  await new Promise((resolve) => setImmediate(resolve))
})

t.test('a mailer that hangs is handed five mails for an address and no more: it has them all when it wakes up', async (t) => {
  let handed = 0
  const settle: Array<() => void> = []
  const deliver = createDelivery(async () => {
    handed++
    await new Promise<void>((resolve) => settle.push(resolve))
  }, 5, environment)
  for (let count = 0; count < 8; count++) await t.rejects(deliver(mail), { code: 'otp_unavailable', detail: { reason: count < 5 ? 'mailer_timeout' : 'mailer_backlog' } })
  t.equal(handed, 5)
  await t.rejects(deliver({ ...mail, to: 'bob@mail.example' }), { code: 'otp_unavailable', detail: { reason: 'mailer_timeout' } }, 'another address has its own')
  settle[0]!()
  await new Promise((resolve) => setImmediate(resolve))
  await t.rejects(deliver(mail), { code: 'otp_unavailable', detail: { reason: 'mailer_timeout' } }, 'and one that has arrived makes room')
  t.equal(handed, 7)
  for (const one of settle) one()
  await new Promise((resolve) => setImmediate(resolve))
  const { length } = settle
  await t.rejects(deliver(mail), { code: 'otp_unavailable', detail: { reason: 'mailer_timeout' } })
  t.equal(settle.length, length + 1)
})

const timedOut = { code: 'otp_unavailable', detail: { reason: 'mailer_timeout' } }
const backlog = { code: 'otp_unavailable', detail: { reason: 'mailer_backlog' } }

t.test('a mailer that never answers locks an address for an hour, and not until the next start', async (t) => {
  const clock = { now: 1_700_000_000_000 }
  const deliver = createDelivery(async () => await new Promise(() => {}), 5, { now: () => clock.now })
  for (let count = 0; count < 5; count++) await t.rejects(deliver(mail), timedOut)
  clock.now += 3_599_999
  await t.rejects(deliver(mail), backlog)
  clock.now += 1
  for (let count = 0; count < 5; count++) await t.rejects(deliver(mail), timedOut)
  await t.rejects(deliver(mail), backlog, 'and then for another one')
})

t.test('what is remembered of a mailer that never answers does not grow without bound', async (t) => {
  const deliver = createDelivery(async () => await new Promise(() => {}), 1, environment)
  const refused = async (count: number, to: (index: number) => string) => await Promise.allSettled(Array.from({ length: count }, async (_, index) => await deliver({ ...mail, to: to(index) })))
  await refused(5, () => mail.to)
  await refused(995, (index) => `${index}@mail.example`)
  await t.rejects(deliver(mail), backlog)
  await refused(1, () => 'one-more@mail.example')
  await t.rejects(deliver(mail), timedOut, 'the oldest was forgotten')
})

t.test('whoever asks is told what is still under way when the time is over, and when it has failed after all', async (t) => {
  const settle: Array<{ resolve: () => void, reject: (error: Error) => void }> = []
  const late: Array<Promise<void>> = []
  const deliver = createDelivery(async () => await new Promise<void>((resolve, reject) => settle.push({ resolve, reject })), 5, environment)
  for (let count = 0; count < 2; count++) await t.rejects(deliver(mail, (sending) => late.push(sending)), timedOut)
  settle[0]!.resolve()
  settle[1]!.reject(new Error('late'))
  await late[0]
  await t.rejects(late[1]!, { code: 'otp_unavailable', detail: { reason: 'mailer_failed' } })

  const failing = createDelivery(async () => { throw new Error('down') }, 1_000, environment)
  await t.rejects(failing(mail, (sending) => late.push(sending)), { code: 'otp_unavailable', detail: { reason: 'mailer_failed' } })
  t.equal(late.length, 2, 'what has failed in time is not late')
})

t.test('a transport gets the address as an object, and reads no files', async (t) => {
  const messages: TransportMessage[] = []
  const transport = { sendMail: async (message: TransportMessage) => { messages.push(message) } }
  await sendThrough(transport, 'Contoso <no-reply@contoso.example>')(mail)
  t.same(messages, [{
    from: 'Contoso <no-reply@contoso.example>',
    to: { name: '', address: 'ann@mail.example' },
    subject: 'Code',
    text: '123456',
    html: '<p>123456</p>',
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true
  }])
})
