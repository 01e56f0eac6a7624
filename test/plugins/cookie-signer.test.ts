import { signerFactory } from '@fastify/cookie'
import t from 'tap'
import { createCookieSigner } from '../../plugins/session/cookie-signer.ts'

const older = 'the-older-secret-of-32-characters'
const newer = 'the-newer-secret-of-32-characters'

t.test('it says of every cookie what the signer of @fastify/cookie says, the first time and each time after', async (t) => {
  const signer = createCookieSigner([newer, older])
  const theirs = signerFactory([newer, older])
  const good = theirs.sign('an-id')
  const [, signature] = good.split('.')
  const cookies = [good, signerFactory(older).sign('an-id'), signerFactory('somebody-else').sign('an-id'), `another-id.${signature}`, `${good}x`, good.toUpperCase(), good.slice(0, -1), 'an-id', 'an-id.', '.', '']
  for (let round = 0; round < 3; round++) {
    for (const cookie of cookies) t.same(signer.unsign(cookie), theirs.unsign(cookie), cookie)
  }
})

t.test('an id is signed by the newest secret, whatever was looked at before', async (t) => {
  const signer = createCookieSigner([newer, older])
  const good = signerFactory(newer).sign('an-id')
  t.equal(signer.sign('an-id'), good)
  signer.unsign(signerFactory(older).sign('an-id'))
  t.equal(signer.sign('an-id'), good, 'an older signature is not given again')
  signer.unsign(good)
  t.equal(signer.sign('an-id'), good)
  t.equal(signer.sign('another-id'), signerFactory(newer).sign('another-id'))
})

t.test('it remembers so many and no more: those that came first are looked at anew', async (t) => {
  const signer = createCookieSigner([newer])
  const theirs = signerFactory(newer)
  const cookies = Array.from({ length: 10_001 }, (_, index) => theirs.sign(`id-${index}`))
  for (const cookie of cookies) signer.unsign(cookie)
  for (const cookie of [cookies[0]!, cookies[1]!, cookies.at(-1)!]) t.same(signer.unsign(cookie), theirs.unsign(cookie))
})
