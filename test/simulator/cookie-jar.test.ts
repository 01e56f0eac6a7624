import t from 'tap'
import { createCookieJar } from '../../src/simulator/cookie-jar.ts'

const now = (): number => Date.UTC(2026, 10, 22)

t.test('cookies are set and replaced, and sent back as they came', async (t) => {
  const jar = createCookieJar('', now)
  t.equal(jar.header(), '')
  jar.store(['a=1; Path=/; HttpOnly', '__Host-b=x=y%20z==; Secure'])
  jar.store(['a=2'])
  t.equal(jar.header(), 'a=2; __Host-b=x=y%20z==')
  t.strictSame(jar.all(), { a: '2', '__Host-b': 'x=y%20z==' })
})

t.test('an expired cookie is removed, and Max-Age wins over Expires', async (t) => {
  const past = 'Expires=Thu, 01 Jan 1970 00:00:00 GMT'
  const future = 'Expires=Fri, 01 Jan 2027 00:00:00 GMT'
  const alive = (attributes: string): boolean => {
    const jar = createCookieJar('a=1', now)
    jar.store([`a=2; ${attributes}`])
    return jar.header() === 'a=2'
  }
  t.notOk(alive('Max-Age=0'))
  t.notOk(alive('max-age=-1'))
  t.notOk(alive(past))
  t.notOk(alive(`Max-Age=0; ${future}`))
  t.ok(alive(future))
  t.ok(alive('Max-Age=60'))
  t.ok(alive(`${past}; Max-Age=60`))
  t.ok(alive('Path=/; Secure'))
})

t.test('a jar begins with the cookies that it is given', async (t) => {
  const jar = createCookieJar('a=1; b=2;; ', now)
  jar.store(['b=; Max-Age=0'])
  t.equal(jar.header(), 'a=1')
})

t.test('what another site posts comes with SameSite=None alone', async (t) => {
  const jar = createCookieJar('old=1', now)
  jar.store(['lax=1; SameSite=Lax', 'none=1; Secure; samesite=none', 'plain=1', 'changed=1; SameSite=None'])
  jar.store(['changed=2; SameSite=Lax'])
  t.equal(jar.headerForCrossSitePost(), 'none=1')
  t.equal(jar.header(), 'old=1; lax=1; none=1; plain=1; changed=2')
  jar.store(['none=; Max-Age=0'])
  t.equal(jar.headerForCrossSitePost(), '')
})
