import t from 'tap'
import type { CodePageView } from '../../src/pages/code.ts'
import { contentSecurityPolicy } from '../../src/pages/layout.ts'
import { defaultLook } from '../../src/pages/look.ts'
import { policyFor } from '../../src/pages/policy.ts'
import { draw } from './draw.ts'
import { codeView } from './views.ts'

const code = codeView.code!
const show = (changes: Partial<CodePageView> = {}): string => draw('code', { ...codeView, ...changes })

t.test('the field is labelled, for numbers, and known to whoever fills in codes', async (t) => {
  const page = show()
  t.match(page, '<label for="code">Code</label>')
  t.match(page, /<input class="code" id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" pattern="\[0-9\]\{6\}" title="Six digits" required autofocus aria-describedby="hint">/)
  t.match(page, 'a&amp;b@mail.example')
  t.equal(page.match(/name="csrf_token" value="&quot;token&quot;"/g)!.length, 3)
  t.equal(page.match(/<form method="post"/g)!.length, 3)
  t.notMatch(page, /<script|style="|mailbox|role="alert"/)
})

t.test('a mistake is read out, and tied to the field', async (t) => {
  const page = show({ error: 'otp_invalid' })
  t.match(page, '<p class="problem" id="problem" role="alert">The code is not right.</p>')
  t.match(page, 'aria-describedby="problem hint" aria-invalid="true"')
  t.notMatch(show({ error: 'otp_unavailable' }), 'aria-invalid')
})

t.test('what is left is counted as people count', async (t) => {
  t.match(show(), 'valid for 10 more minutes. You have 5 tries.')
  t.match(show({ code: { ...code, minutesLeft: 1, triesLeft: 1 } }), 'valid for 1 more minute. You have 1 try.')
})

t.test('where nothing can be entered the page says what to do', async (t) => {
  t.match(show({ code: { ...code, triesLeft: 0, mayResend: false } }), 'No try is left.')
  t.match(show({ code: { ...code, minutesLeft: 0 } }), 'Have another one sent.')
  const over = show({ code: { ...code, minutesLeft: 0, mayResend: false } })
  t.match(over, 'Cancel, and sign in again.')
  t.notMatch(over, /name="code"|resend/)
  const none = show({ code: null, error: 'otp_expired' })
  t.match(none, 'href="/auth/sign-in"')
  t.match(none, 'The code has expired.')
  t.notMatch(none, '<form')
})

t.test('simulated, the page leads to the mailbox', async (t) => {
  t.match(show({ mailboxPath: '/microsoft-simulator/mailbox' }), '<a href="/microsoft-simulator/mailbox" target="_blank" rel="noopener">')
})

t.test('the policy names the origins that the form may lead to, and changes nothing else', async (t) => {
  t.equal(policyFor(defaultLook, []), contentSecurityPolicy)
  t.equal(policyFor(defaultLook, ['https://spa.example']).replace(' https://spa.example', ''), contentSecurityPolicy)
})
