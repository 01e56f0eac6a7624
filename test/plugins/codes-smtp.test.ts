import { randomUUID } from 'node:crypto'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { createTransport } from 'nodemailer'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { buffer } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { reservePort } from '../ports.ts'
import { navigation, program } from './app.ts'
import { type CodesApp, codesApp, cookiesOf } from './codes.ts'

const traces = ['used_attempts', 'code_events', 'audit']
const mailFrom = 'Contoso <no-reply@contoso.example>'

interface Received { from: string, to: string[], raw: string }

/** A real SMTP server that keeps what it is sent. */
async function smtp (t: Test, options: SMTPServerOptions = {}): Promise<{ port: number, received: Received[], close: () => Promise<void> }> {
  const received: Received[] = []
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, { envelope }, callback) => {
      buffer(stream).then((raw) => {
        received.push({ from: (envelope.mailFrom as { address: string }).address, to: envelope.rcptTo.map(({ address }) => address), raw: String(raw) })
        callback()
      }, callback)
    },
    ...options
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  let isOpen = true
  const close = async (): Promise<void> => {
    if (isOpen) await new Promise<void>((resolve) => { server.close(resolve) })
    isOpen = false
  }
  t.teardown(close)
  return { port: (server.server.address() as AddressInfo).port, received, close }
}

const transportTo = (port: number, options = {}) => createTransport({ host: '127.0.0.1', port, ignoreTLS: true, ...options })

/** Header fields, unfolded, by lower-case name, and the body. */
function parse (raw: string): { headers: Record<string, string>, body: string } {
  const [head, ...rest] = raw.split('\r\n\r\n')
  const lines = head!.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  return { headers: Object.fromEntries(lines.map((line) => [line.split(':', 1)[0]!.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])), body: rest.join('\r\n\r\n') }
}

function decode (encoding: string | undefined, body: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  if (encoding !== 'quoted-printable') return body
  const bytes = body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}

/** The parts of a mail with alternatives, by content type. */
function parts (raw: string): Record<string, string> {
  const { headers, body } = parse(raw)
  const boundary = /boundary="([^"]+)"/.exec(headers['content-type']!)![1]!
  return Object.fromEntries(body.split(`--${boundary}`).slice(1, -1).map((part) => {
    const { headers, body } = parse(part.replace(/^\r\n/, ''))
    return [headers['content-type']!.split(';')[0]!, decode(headers['content-transfer-encoding'], body).replaceAll('\r\n', '\n')]
  }))
}

const codeIn = ({ raw }: Received): string => /\n\n(\d{6})\n\n/.exec(parts(raw)['text/plain']!)![1]!
const smtpApp = async (t: Test, port: number, options = {}) => await codesApp(t, { mailer: transportTo(port), mailFrom, applicationName: 'Contoso & Söhne', ...options })
const other = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

t.test('the mail that arrives has a text and an HTML part, one recipient and the code', async (t) => {
  const { port, received } = await smtp(t)
  const test = await smtpApp(t, port)
  const { cookie } = await test.begin('amir')
  t.match(received, [{ from: 'no-reply@contoso.example', to: ['amir@contoso.example'] }])
  const [mail] = received
  const { headers } = parse(mail!.raw)
  t.match(headers, { from: 'Contoso <no-reply@contoso.example>', to: 'amir@contoso.example', 'auto-submitted': 'auto-generated', 'content-type': /^multipart\/alternative/ })
  t.match(headers.subject, /^=\?UTF-8\?[QB]\?/, 'a name in any script')
  t.notOk('bcc' in headers || 'cc' in headers)
  const { 'text/plain': text, 'text/html': html } = parts(mail!.raw)
  const code = codeIn(mail!)
  t.match(text, 'signing in to Contoso & Söhne:')
  t.match(html, `<strong>${code}</strong>`)
  t.match(html, 'Contoso &amp; Söhne')
  t.equal((await test.json(cookie, { code })).statusCode, 200)
})

t.test('right, wrong, expired, sixth try, resend, other browser and other identity, by mail', async (t) => {
  const { port, received } = await smtp(t)
  const test = await smtpApp(t, port)
  const newest = () => codeIn(received.at(-1)!)

  const amir = await test.begin('amir')
  const amirs = newest()
  const dora = await test.begin('dora')
  t.equal((await test.json(dora.cookie, { code: amirs })).json().code, 'otp_invalid', 'other identity')
  t.equal((await test.json('', { code: amirs })).json().code, 'otp_expired', 'other browser')
  await test.json(dora.cookie, {}, '/auth/code/resend')
  t.same(received.map(({ to }) => to[0]), ['amir@contoso.example', 'dora@partner.example', 'dora@partner.example'])
  for (let count = 0; count < 4; count++) t.equal((await test.json(dora.cookie, { code: other(newest()) })).json().code, 'otp_invalid', 'wrong')
  t.equal((await test.json(dora.cookie, { code: newest() })).json().code, 'otp_locked', 'sixth try')
  test.clock.now += 600_000
  t.equal((await test.json(amir.cookie, { code: amirs })).statusCode, 200, 'right')
  const late = await test.begin('vera')
  test.clock.now += 600_001
  t.equal((await test.json(late.cookie, { code: newest() })).json().code, 'otp_expired', 'expired')
})

t.test('of 20 tries at once five are compared, and of 20 right ones one signs in', async (t) => {
  const { port, received } = await smtp(t)
  const test = await smtpApp(t, port)
  const many = async (cookie: string, code: string) => (await Promise.all(Array.from({ length: 20 }, async () => await test.json(cookie, { code })))).map(({ statusCode }) => statusCode)
  const amir = await test.begin('amir')
  const wrong = await many(amir.cookie, other(codeIn(received[0]!)))
  t.same([wrong.filter((status) => status === 400).length, wrong.filter((status) => status === 429).length], [5, 15])
  const dora = await test.begin('dora')
  const right = await many(dora.cookie, codeIn(received[1]!))
  t.equal(right.filter((status) => status === 200).length, 1)
})

/** A sign-in whose mail cannot be sent: 503, no cookie, and every row as it was. */
async function unavailable (t: Test, test: CodesApp, reason: string | RegExp, counted: string[] = []): Promise<void> {
  const rows = async () => await test.rows(['used_attempts', 'audit', ...counted])
  const before = await rows()
  const { response } = await test.simulator.signIn(test.app, 'amir', { headers: program })
  t.match(response.json(), { statusCode: 503, code: 'otp_unavailable', message: 'The code could not be sent. Try again later.' })
  t.notOk(Object.keys(cookiesOf(response)).some((name) => /code|session/.test(name)))
  t.equal(await rows(), before, 'nothing half done')
  t.equal((await test.simulator.signIn(test.app, 'amir')).location, '/auth/error?error=otp_unavailable')
  t.match(test.log(), reason)
  t.notMatch(test.log(), /amir@|127\.0\.0\.1:\d+ \(/)
}

t.test('mailer down: nothing is half done, and the next try works', async (t) => {
  const port = await reservePort()
  const test = await smtpApp(t, port)
  await unavailable(t, test, /"reason":"mailer_E(?:CONNREFUSED|SOCKET|CONNECTION)"/)
  for (let count = 0; count < 6; count++) await test.simulator.signIn(test.app, 'amir')
  const later = new SMTPServer({ disabledCommands: ['STARTTLS', 'AUTH'], onData: (stream, _session, callback) => { stream.resume(); stream.on('end', () => callback()) } })
  await new Promise<void>((resolve) => { later.listen(port, '127.0.0.1', resolve) })
  t.teardown(async () => await new Promise<void>((resolve) => { later.close(resolve) }))
  await test.begin('amir')
})

t.test('mailer hanging: the person is told within the time-out, and the next try works', async (t) => {
  const sockets = new Set<Socket>()
  const silent = createTcpServer((socket) => { sockets.add(socket.on('error', () => {})) })
  await new Promise<void>((resolve) => { silent.listen(0, '127.0.0.1', resolve) })
  const { received, port } = await smtp(t)
  const hanging = transportTo((silent.address() as AddressInfo).port)
  const working = transportTo(port)
  let isHanging = true
  const mailer = { sendMail: async (message: Parameters<typeof working.sendMail>[0]) => await (isHanging ? hanging : working).sendMail(message) }
  const test = await smtpApp(t, port, { mailer, mailTimeout: 3_000 })
  await unavailable(t, test, '"reason":"mailer_timeout"', ['code_events'])
  isHanging = false
  for (let count = 0; count < 2; count++) await test.begin('amir')
  const { cookie } = await test.begin('amir')
  t.equal((await test.json(cookie, { code: codeIn(received[2]!) })).statusCode, 200)
  t.equal((await test.simulator.signIn(test.app, 'amir', { claims: { oid: randomUUID() } })).location, '/auth/error?error=too_many_requests', 'the two that may still arrive are of the five')
  for (const socket of sockets) socket.destroy()
  const deadline = Date.now() + 10_000
  for (let location; location !== '/auth/code' && Date.now() < deadline;) ({ location } = await test.simulator.signIn(test.app, 'amir', { claims: { oid: randomUUID() } }))
  t.equal(received.length, 4, 'and no more once they have failed')
  await new Promise<void>((resolve) => { silent.close(() => resolve()) })
})

t.test('mailer that takes the mail and then says no: the mail that came is worth nothing, and the next one is one', async (t) => {
  let refusing = true
  const received: string[] = []
  const { port } = await smtp(t, {
    onData: (stream, _session, callback) => {
      buffer(stream).then((raw) => {
        received.push(String(raw))
        callback(refusing ? Object.assign(new Error('later'), { responseCode: 451 }) : null)
      }, callback)
    }
  })
  const test = await smtpApp(t, port)
  await unavailable(t, test, '"reason":"mailer_EMESSAGE"')
  t.equal(received.length, 2, 'one for each sign-in: nothing is sent twice')
  refusing = false
  const { cookie } = await test.begin('amir')
  t.equal(received.length, 3)
  const [first, , third] = received.map((raw) => codeIn({ raw, from: '', to: [] }))
  if (first !== third) t.equal((await test.json(cookie, { code: first })).json().code, 'otp_invalid')
  t.equal((await test.json(cookie, { code: third })).statusCode, 200)
})

t.test('a recipient that the server refuses is no fault of ours, and not in the log', async (t) => {
  const { port } = await smtp(t, { onRcptTo: ({ address }, _session, callback) => callback(new Error(`no ${address} here`)) })
  await unavailable(t, await smtpApp(t, port), '"reason":"mailer_EENVELOPE"')
})

t.test('mailer down when another code is asked for: the page says so, and the code that was stays right', async (t) => {
  const { port, received, close } = await smtp(t)
  const test = await smtpApp(t, port)
  const { cookie } = await test.begin('amir')
  await close()
  const before = await test.rows(traces)
  const events = await test.rows()
  t.equal((await test.form(cookie, {}, '/auth/code/resend')).headers.location, '/auth/code?error=otp_unavailable')
  t.equal((await test.json(cookie, {}, '/auth/code/resend')).statusCode, 503)
  t.equal(await test.rows(traces), before)
  t.equal(await test.rows(), events)
  const page = await test.app.inject({ url: '/auth/code?error=otp_unavailable', headers: { ...navigation, cookie } })
  t.match(page, { statusCode: 503, body: /could not be sent.*name="code"/s })
  t.equal((await test.json(cookie, { code: codeIn(received[0]!) })).statusCode, 200)
})
