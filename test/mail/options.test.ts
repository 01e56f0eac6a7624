import t from 'tap'
import { readOptions } from '../../src/core/options.ts'
import { createMailService } from '../../src/mail/mail-service.ts'
import { checkMailOptions, type MailOptions, mailOptionRules } from '../../src/mail/options.ts'
import type { Mail, MailTexts } from '../../src/mail/types.ts'

const read = (options: object) => {
  const resolved = readOptions<MailOptions>('fastify-entra/mail', mailOptionRules, options)
  checkMailOptions(resolved)
  return resolved
}
const transport = { sendMail: async () => {} }
const mailFrom = 'Contoso <no-reply@contoso.example>'

t.test('a wrong option is named, and a transport that holds a password is not shown', async (t) => {
  const wrong = (options: object, message: RegExp) => t.throws(() => read(options), { code: 'FST_ENTRA_CONFIGURATION', message })
  wrong({ mailer: 'smtp://user:password@mail.example' }, /option "mailer" must be a nodemailer transport .* but something else \(it is not shown here\)/)
  wrong({ mailer: { password: 'secret' } }, /"mailer"/)
  for (const from of ['Contoso', 'a@b@c', 'A <a@b.example>\r\nBcc: x@y.example', '<>', 'Contoso <a@b.example>, b@c.example']) wrong({ mailer: transport, mailFrom: from }, /"mailFrom" must be a sender/)
  for (const name of ['', ' x', 'a\nb', 'x'.repeat(101)]) wrong({ applicationName: name }, /"applicationName"/)
  for (const texts of [{ codes: {} }, { code: { body: () => '' } }, { code: { subject: 'text' } }, { merged: null }, 'x']) wrong({ mailTexts: texts }, /"mailTexts"/)
  for (const timeout of [99, 60_001, 1.5]) wrong({ mailTimeout: timeout }, /"mailTimeout"/)
})

t.test('options that contradict each other are refused', async (t) => {
  t.throws(() => read({ mailer: transport }), { message: /"mailFrom" is missing/ })
  t.throws(() => read({ mailer: async () => {}, mailFrom }), { message: /Leave "mailFrom" out/ })
  read({ mailer: transport, mailFrom })
  read({ mailer: transport, mailFrom: 'no-reply@contoso.example', mailTexts: { code: { subject: () => 'x', text: undefined }, merged: undefined } })
  read({ mailer: async () => {} })
  t.match(read({}), { mailTexts: {}, mailTimeout: 10_000 })
})

const service = (texts: MailTexts, mails: Mail[] = []) => createMailService({ applicationName: 'Contoso', texts, deliver: async (mail) => { mails.push(mail) } })

t.test('a wording that cannot be used is found at boot', async (t) => {
  const wrong = (texts: MailTexts, message: RegExp) => t.throws(() => service(texts), { code: 'FST_ENTRA_CONFIGURATION', message })
  wrong({ code: { text: () => 'Contoso sends no code' } }, /wording of "code" cannot be used \(the code is missing in its text or HTML\)/)
  wrong({ code: { html: () => '<p>Contoso</p>' } }, /the code is missing/)
  wrong({ code: { subject: () => 'Code', text: ({ code }) => code } }, /neither its subject nor its text names the application/)
  wrong({ merged: { text: () => { throw new Error('boom') } } }, /wording of "merged" cannot be used \(boom\)/)
})

t.test('own wordings are used', async (t) => {
  const mails: Mail[] = []
  const { sendCode, sendMerged } = service({
    code: { subject: ({ applicationName }) => `Ihr Code für ${applicationName}`, text: ({ code, minutes }) => `${code}, ${minutes} Minuten` },
    merged: { subject: () => 'Neues Konto' }
  }, mails)
  await sendCode('ann@mail.example', '654321', 9)
  await sendMerged('ann@mail.example', 0)
  t.match(mails, [{ to: 'ann@mail.example', subject: 'Ihr Code für Contoso', text: '654321, 9 Minuten', html: '<p>654321, 9 Minuten</p>' }, { subject: 'Neues Konto', text: /Contoso/ }])
})
