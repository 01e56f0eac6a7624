import t from 'tap'
import { compose } from '../../src/mail/compose.ts'
import { wordingsOf } from '../../src/mail/wordings.ts'
import type { CodeMailValues } from '../../src/mail/types.ts'

const values: CodeMailValues = { applicationName: 'Contoso <b>&</b> "Co"', code: '012345', minutes: 10, address: "o'neil&co@mail.example" }
const { code, merged } = wordingsOf({})

t.test('the mail with a code names the application, the code and how long it is valid', async (t) => {
  const mail = compose(code, { ...values, applicationName: 'Contoso' }, '012345')
  t.equal(mail.to, values.address)
  t.equal(mail.subject, 'Your code for Contoso')
  t.match(mail.text, /signing in to Contoso:\n\n012345\n\n.*10 minutes/s)
  t.notMatch(mail.subject, '012345', 'a subject is shown on locked screens')
  t.match(mail.html, /<p style="[^"]+"><strong>012345<\/strong><\/p>/)
  t.match(mail.html, '<title>Your code for Contoso</title>')
  t.notMatch(mail.text + mail.html, 'http', 'nothing in it is followed by a mail reader')
})

t.test('values are text in the HTML part', async (t) => {
  const { html, text } = compose(code, values, '012345')
  t.match(html, 'Contoso &lt;b&gt;&amp;&lt;/b&gt; &quot;Co&quot;')
  t.notMatch(html, '<b>')
  t.match(text, 'Contoso <b>&</b> "Co"', 'and as they are in the text part')
  const own = compose({ ...code, html: ({ applicationName, code, minutes }) => `<p>${applicationName} ${code} ${minutes + 1}</p>` }, values)
  t.equal(own.html, '<p>Contoso &lt;b&gt;&amp;&lt;/b&gt; &quot;Co&quot; 012345 11</p>', 'also where the application writes it')
})

t.test('a subject is one line, whatever is in it', async (t) => {
  const { subject } = compose({ ...code, subject: ({ applicationName }) => `Code\r\nBcc: everybody@mail.example\u2028\u202e${applicationName}\0` }, { ...values, applicationName: 'X' })
  t.equal(subject, 'Code Bcc: everybody@mail.example X')
})

t.test('an own text is what the HTML is made of, line by line', async (t) => {
  const wordings = wordingsOf({ code: { text: () => 'Eins\nzwei\r\n \r\n\r\n012345', subject: undefined } })
  const mail = compose(wordings.code, values, '012345')
  t.match(mail.html, '<p>Eins<br>\nzwei</p>\n<p style=')
  t.match(mail.subject, 'Your code for', 'what is not given stays')
})

t.test('a wording that gives no text is refused', async (t) => {
  for (const wrong of ['', ' \n', undefined, Promise.resolve('x')]) t.throws(() => compose({ ...code, text: () => wrong as string }, values), { message: 'a mail has no text' })
})

t.test('the notice of a merge says which address and when', async (t) => {
  const { text, subject } = compose(merged, { applicationName: 'Contoso', address: 'ada@mail.example', at: Date.UTC(2026, 10, 22, 8) })
  t.match(text, 'ada@mail.example was added to your account at Contoso, on Sun, 22 Nov 2026 08:00:00 GMT')
  t.match(subject, 'Contoso')
})
