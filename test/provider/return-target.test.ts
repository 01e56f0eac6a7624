import t from 'tap'
import { compileRedirectPattern, matchesPattern, type RedirectPattern } from '../../src/provider/redirect-pattern.ts'
import { checkReturnTarget } from '../../src/provider/return-target.ts'

const reserved = ['/simulator/*', '/auth/microsoft/login', '/auth/microsoft/callback', '/auth/logout', '/oidc/session/end']

function policy (allowed: string[] = []) {
  return { origin: 'https://app.example', patterns: allowed.map((text) => compileRedirectPattern(text) as RedirectPattern), reserved }
}

t.test('a path of the application is allowed, with query and fragment', async (t) => {
  for (const path of ['/', '/a', '/a/b?c=d&e=%2F%2Fevil.example', '/a#b', '/a/b;c', '/~ada', '/a:b', "/it's", '/auth/loginx', '/auth', '/auth/microsoft/callback/more', '/simulator', '/simulatorx/y']) {
    t.equal(checkReturnTarget(path, policy()), path)
  }
  t.equal(checkReturnTarget('/a/../b/./c', policy()), '/b/c', 'in its parsed form')
})

// Abuse case O26, and some more.
const evil = [
  'https://evil.example', '//evil.example', '///evil.example', '\\\\evil.example', '/\\evil.example', '/\\/evil.example',
  '/%2f%2fevil.example', '/%2F%2Fevil.example', '/%5cevil.example', '/%09/evil.example', '/\t/evil.example', '/a\nb', 'http:evil.example', 'https:/evil.example',
  'https:evil.example', 'https:///evil.example', 'javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,x', 'vbscript:x', 'blob:https://app.example/x',
  'file:///etc/passwd', 'https://app.example@evil.example', 'https://app.example:pw@evil.example', 'https://app.example.evil.example',
  'https://evil.example#app.example', 'https://evil.example?app.example', 'https://app%2eexample', 'https://app.example%00.evil.example',
  'https://\u0430pp.example', 'https://app\u3002example', '//\u0430pp.example', 'https://[::1]', 'https://2130706433', '/..//evil.example', '/a/..//evil.example',
  '/.//evil.example', '.evil.example', '@evil.example', '/a\r\nSet-Cookie: x=y', '/\u2215evil.example', '/\uFF0Fevil.example', ' /a', '/a ', '\x01/a',
  `/${'x'.repeat(2_048)}`, '/%252f%252fevil.example', ';x', 'x', 'https://0x7f.1', 'https://app.example:443@evil.example', 'ws://app.example/', 'intent://x', '',
  '/%2e%2e//evil.example', '/.%2e/evil', '//', '/\\', 'https://', '/a\u0000b', '?a', '#a',
  ['/a'], ['/a', '/b'], { toString: () => '/a' }, null, 5, undefined
]

t.test('what may leave the application is refused', async (t) => {
  for (const target of evil) {
    t.throws(() => checkReturnTarget(target, policy(['https://other.example/**'])), { code: 'redirect_not_allowed' }, JSON.stringify(target))
  }
})

t.test('a route of ours is refused, however it is spelt', async (t) => {
  const own = policy(['https://app.example/**'])
  for (const target of [
    '/auth/logout', '/auth/logout/', '/auth//logout', '/AUTH/Logout', '/auth/%6cogout', '/auth/logout;a=b', '/auth/logout?x', '/auth/logout#x',
    '/x/../auth/logout', '/auth/./logout', 'https://app.example/auth/logout', 'https://app.example/../../auth/logout', '/auth/microsoft/login',
    '/auth/microsoft/callback?code=x', '/simulator/common/oauth2/v2.0/authorize', '/Simulator//x', '/oidc/session/end'
  ]) {
    t.throws(() => checkReturnTarget(target, own), { code: 'redirect_not_allowed', detail: { reason: 'return_target_reserved' } }, target)
  }
  t.equal(checkReturnTarget('https://app.example/account', own), 'https://app.example/account')
})

t.test('a path that cannot be decoded is compared as it is', async (t) => {
  t.equal(checkReturnTarget('/a%ff', policy()), '/a%ff')
})

t.test('an absolute URL is allowed where a pattern fits it, as a whole', async (t) => {
  const rows: Array<[pattern: string, fits: string[], fitsNot: string[]]> = [
    ['https://app.example', ['https://app.example/', 'https://app.example', 'https://app.example/?a#b'], ['https://app.example/a', 'http://app.example/', 'https://app.example:444/']],
    ['https://a.example/x/y', ['https://a.example/x/y', 'https://a.example/x/y?z'], ['https://a.example/x/y/', 'https://a.example/x/yz', 'https://b.a.example/x/y', 'https://a.example/X/y']],
    ['https://*.a.example/x', ['https://b.a.example/x', 'https://b-c.a.example/x'], ['https://a.example/x', 'https://c.b.a.example/x', 'https://ba.example/x', 'https://b.a.example.evil.example/x', 'https://evil.example/.a.example/x']],
    ['https://a.example/*/z', ['https://a.example/x/z', 'https://a.example//z'.replace('//z', '/-/z')], ['https://a.example/x/y/z', 'https://a.example/z']],
    ['https://a.example/x*z', ['https://a.example/xz', 'https://a.example/xyz'], ['https://a.example/x', 'https://a.example/xy/z', 'https://a.example/yz']],
    ['https://a.example/**', ['https://a.example/', 'https://a.example/x', 'https://a.example/x/y/z'], ['https://b.example/', 'https://evil.example/https://a.example/']],
    ['https://a.example/x/**/z', ['https://a.example/x/z', 'https://a.example/x/y/z', 'https://a.example/x/y/y/z'], ['https://a.example/x', 'https://a.example/z', 'https://a.example/y/z', 'https://a.example/x/y']],
    ['https://a.example:8443/x', ['https://a.example:8443/x'], ['https://a.example/x']],
    ['http://localhost:5173/**', ['http://localhost:5173/x'], ['http://localhost/x', 'https://localhost:5173/x', 'http://evil.localhost:5173/x']],
    ['http://127.0.0.1:5173/', ['http://127.0.0.1:5173/'], ['http://127.0.0.2:5173/']]
  ]
  for (const [pattern, fits, fitsNot] of rows) {
    for (const target of fits) t.equal(checkReturnTarget(target, policy([pattern])), new URL(target).href, `${pattern} fits ${target}`)
    for (const target of fitsNot) {
      t.throws(() => checkReturnTarget(target, policy([pattern])), { code: 'redirect_not_allowed', detail: { reason: 'return_target_not_listed' } }, `${pattern} does not fit ${target}`)
    }
  }
})

t.test('an allow-listed host does not lift the rules for how a target is written', async (t) => {
  for (const target of ['https://a.example/%2e%2e/x', 'https://a.example//evil.example', 'https://user@a.example/', 'HTTPS://a.example/', 'https://a.example\\@evil.example/', 'https://a%2eexample/']) {
    t.throws(() => checkReturnTarget(target, policy(['https://a.example/**'])), { code: 'redirect_not_allowed' }, target)
  }
})

t.test('a pattern that any site could fit is no pattern', async (t) => {
  for (const pattern of [
    '**', '*', 'https://**', 'https://*', 'https://*/x', 'https://*.example', 'https://*.localhost', '/x', '//a.example', 'https://', 'https:a.example', 'https://a.*.example', 'https://a*.example',
    'https://**.a.example', 'https://a.example**', 'http://a.example/', 'http://*.a.example/', 'ftp://a.example', 'javascript://a.example', 'https://a.example/?x', 'https://a.example/#x',
    'https://u@a.example/', 'https://A.example/', 'https://a.example:443/', 'https://bücher.example/', 'https://a.example/**/x/**', 'https://a.example/a*b*c', 'https://a.example/x**', ''
  ]) t.type(compileRedirectPattern(pattern), 'string', pattern)
})

t.test('matching stays quick for long addresses', async (t) => {
  const pattern = compileRedirectPattern('https://a.example/x/**/y*z') as RedirectPattern
  const url = new URL(`https://a.example/${'x/'.repeat(50_000)}`)
  t.notOk(matchesPattern(url, pattern))
  t.notOk(matchesPattern(new URL('https://127.0.0.1/'), { ...pattern, anyLabel: true, host: 'b.example' }))
  t.notOk(matchesPattern(new URL('https://localhost/'), { ...pattern, anyLabel: true, host: 'b.example' }))
})
