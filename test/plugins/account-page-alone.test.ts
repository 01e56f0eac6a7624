import Fastify from 'fastify'
import t from 'tap'
import linking from '../../plugins/linking.ts'
import pages from '../../plugins/pages.ts'
import provider from '../../plugins/provider.ts'
import session from '../../plugins/session.ts'
import simulator, { signInAs } from '../../plugins/simulator.ts'
import verification from '../../plugins/verification.ts'

t.test('the account page does without the plugins that link and sign out at Microsoft', async (t) => {
  const baseUrl = 'http://localhost:3000'
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(simulator, { baseUrl })
  await app.register(provider, { baseUrl, database: ':memory:' })
  await app.register(verification)
  await app.register(linking)
  await app.register(session)
  await app.register(pages)
  const { cookie } = await signInAs(app, 'ada')
  const page = await app.inject({ url: '/auth/account', headers: { accept: 'text/html', cookie } })
  t.equal(page.statusCode, 200)
  t.match(page.body, 'action="/auth/logout"')
  t.notMatch(page.body, /at Microsoft<\/button>|\/microsoft\/link/)
  t.match(page.headers['content-security-policy'], "form-action 'self';")
})
