import t from 'tap'
import { authenticatedAtOf } from '../../src/session/authenticated-at.ts'
import { microsoftSessionKey } from '../../src/session/microsoft-session.ts'

t.test('with auth_time a session is as old as the person\'s last authentication, and without it as their return', async (t) => {
  t.equal(authenticatedAtOf(1_000, 5_000), 1_000)
  t.equal(authenticatedAtOf(null, 5_000), 5_000)
  t.equal(authenticatedAtOf(9_000, 5_000), 5_000, 'a clock ahead of ours makes nobody more recent')
})

t.test('a session at Microsoft is named by its authority and its sid together, and the name tells neither', async (t) => {
  const name = microsoftSessionKey('https://login.microsoftonline.com', 'sid-1')
  t.match(name, /^[\w-]{43}$/)
  t.equal(microsoftSessionKey('https://login.microsoftonline.com', 'sid-1'), name)
  t.not(microsoftSessionKey('https://login.microsoftonline.us', 'sid-1'), name)
  t.not(microsoftSessionKey('https://login.microsoftonline.com', 'sid-2'), name)
  t.not(microsoftSessionKey('https://login.microsoftonline.com', 'SID-1'), name)
})
