import t from 'tap'
import { createDelivery, sendThrough } from '../../src/mail/deliver.ts'
import type { Mail, TransportMessage } from '../../src/mail/types.ts'

const mail: Mail = { to: 'ann@mail.example', subject: 'Code', text: '123456', html: '<p>123456</p>' }

t.test('a mail is handed over once', async (t) => {
  const mails: Mail[] = []
  await createDelivery(async (one) => mails.push(one), 1_000)(mail)
  t.same(mails, [mail])
})

t.test('a mailer that fails is a refusal with a short word, and nothing else of its error', async (t) => {
  const failing = async (error: unknown) => await createDelivery(async () => { throw error }, 1_000)(mail)
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
  await t.rejects(createDelivery(() => { throw Object.assign(new Error(), { code: 'ESOCKET' }) }, 1_000)(mail), { code: 'otp_unavailable', detail: { reason: 'mailer_ESOCKET' } })
})

t.test('a mailer that hangs is given up, and what it does later hurts nobody', async (t) => {
  let fail = (): void => {}
  const hanging = createDelivery(async () => await new Promise((_resolve, reject) => { fail = () => reject(new Error('late')) }), 20)
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
  }, 5)
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
