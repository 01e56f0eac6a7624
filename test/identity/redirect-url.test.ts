import t from 'tap'
import { whyNoRedirect } from '../../src/identity/redirect-url.ts'
import type { ClientType } from '../../src/identity/types.ts'

const all: readonly ClientType[] = ['web', 'spa', 'native']

const allowed: ReadonlyArray<readonly [url: string, types: readonly ClientType[]]> = [
  ['https://app.example.com/callback', all],
  ['https://app.example.com', all],
  ['https://app.example.com/', all],
  ['https://app.example.com:8443/a/b?tenant=one', all],
  ['https://xn--bcher-kva.example/callback', all],
  ['http://localhost:3000/callback', all],
  ['http://127.0.0.1:3000/callback', all],
  ['http://[::1]:3000/callback', all],
  ['https://localhost:3000/callback', ['web', 'spa']],
  ['com.example.app:/callback', ['native']],
  ['com.example.app://callback', ['native']],
  ['com.example.my-app:/a?b=c', ['native']]
]

t.test('a person is returned to https, to this machine, and natively to a scheme of one\'s own', async (t) => {
  for (const [url, types] of allowed) {
    for (const type of all) t.equal(whyNoRedirect(url, type) === null, types.includes(type), `${type}: ${url}`)
  }
})

const refused: ReadonlyArray<readonly [url: string, reason: RegExp]> = [
  ['https://*.example.com/callback', /"\*"/],
  ['https://app.example.com/*', /"\*"/],
  ['**', /"\*"/],
  ['https://*', /"\*"/],
  ['https://app.example.com/#', /fragment/],
  ['https://app.example.com/callback#a', /fragment/],
  ['http://app.example.com/callback', /uses http/],
  ['http://localhost.example.com/', /uses http/],
  ['http://10.0.0.1/', /uses http/],
  ['https:app.example.com', /not written as browsers compare it/],
  ['https://app.example.com\\@evil.example/', /not written as browsers compare it/],
  ['https://user@app.example.com/', /user or a password/],
  ['https://:password@app.example.com/', /user or a password/],
  ['https://APP.example.com/', /not written as browsers compare it: https:\/\/app\.example\.com\//],
  ['https://app.example.com:443/', /not written as browsers compare it/],
  ['https://app.example.com/a/../b', /not written as browsers compare it/],
  ['http://127.1/', /not written as browsers compare it/],
  ['https://bücher.example/', /not of ASCII/],
  ['https://app.example.com/a b', /space/],
  ['https://app.example.com/\n', /space/],
  ['', /space/],
  ['/callback', /no absolute URL/],
  ['callback', /no absolute URL/],
  [`https://app.example.com/${'a'.repeat(2_000)}`, /2000/],
  ['https://app.example.com/?code=1', /"code" in its query/],
  ['https://app.example.com/?a=b&state=1', /"state" in its query/],
  ['https://app.example.com/?iss=1', /"iss" in its query/],
  ['javascript:alert(1)', /"javascript:"/],
  ['data:text/html,x', /"data:"/],
  ['vbscript:x', /"vbscript:"/],
  ['file:///etc/passwd', /"file:"/],
  ['blob:https://app.example.com/x', /"blob:"/],
  ['about:blank', /"about:"/],
  ['ftp://app.example.com/', /"ftp:"/],
  ['myapp:/callback', /"myapp:"/],
  ['myapp://callback', /"myapp:"/],
  ['mailto:ann@example.com', /"mailto:"/],
  ['com..app:/callback', /"com\.\.app:"/]
]

t.test('nobody is returned anywhere else, whatever the app is (P24)', async (t) => {
  for (const [url, reason] of refused) {
    for (const type of all) t.match(whyNoRedirect(url, type), reason, `${type}: ${url}`)
  }
})

t.test('the reason says what to do', async (t) => {
  t.match(whyNoRedirect('myapp:/callback', 'native'), /com\.example\.app:\/callback \(RFC 8252 section 7\.1\)/)
  t.match(whyNoRedirect('com.example.app:/callback', 'web'), /web apps are returned to by https/)
  t.match(whyNoRedirect('com.example.app:/callback', 'spa'), /single-page apps are returned to by https/)
  t.match(whyNoRedirect('https://127.0.0.1/', 'native'), /native apps listen by http there/)
})
