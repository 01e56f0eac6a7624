import t from 'tap'
import { encode, form, redirectUri, simulate } from './simulated.ts'

t.test('a registered address gets the browser back, with the state', async (t) => {
  const { send } = simulate()
  const query = encode({ post_logout_redirect_uri: redirectUri, state: 'a b' })
  const answer = await send('logout', { query })
  t.equal(answer.status, 302)
  t.equal(answer.headers.location, `${redirectUri}?state=a+b`)
  const posted = await send('logout', form({ post_logout_redirect_uri: redirectUri }))
  t.equal(posted.status, 303)
  t.equal(posted.headers.location, redirectUri)
})

t.test('any other address is left alone', async (t) => {
  const { send } = simulate()
  for (const query of ['', encode({ post_logout_redirect_uri: 'https://evil.example/' }), `post_logout_redirect_uri=${redirectUri}&post_logout_redirect_uri=${redirectUri}`]) {
    const answer = await send('logout', { query })
    t.equal(answer.status, 200, query)
    t.match(answer.body, 'You signed out')
  }
})
