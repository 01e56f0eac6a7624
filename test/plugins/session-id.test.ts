import t from 'tap'
import { newSessionId } from '../../plugins/session/carrier.ts'
import { httpsApp } from './app.ts'

t.test('an id is 256 bits of the source of chance, whole and nothing else', async (t) => {
  const asked: number[] = []
  const id = newSessionId({ randomBytes: (size) => { asked.push(size); return Buffer.alloc(size, 0xa5) } })
  t.same(asked, [32])
  t.equal(Buffer.from(id, 'base64url').toString('hex'), 'a5'.repeat(32))
})

t.test('each sign-in has an id of its own, also of the same person in the same browser', async (t) => {
  const { app, simulator } = await httpsApp(t)
  const ids = new Set<string>()
  let cookie: string | undefined
  for (let count = 0; count < 4; count++) {
    ({ cookie } = await simulator.signIn(app, 'ada', cookie === undefined || count < 2 ? {} : { cookie }))
    ids.add(/__Host-entra-session=([\w-]{43})\./.exec(cookie)![1]!)
  }
  t.equal(ids.size, 4)
})
