import t from 'tap'
import { deviceOf } from '../../src/session/device.ts'

// As browsers send them.
const devices: Array<[string, string | null]> = [
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Windows'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36', 'Chrome on Windows'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0', 'Microsoft Edge on Windows'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15', 'Safari on macOS'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1', 'Safari on iOS'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/138.0.7204.119 Mobile/15E148 Safari/604.1', 'Chrome on iOS'],
  ['Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36', 'Chrome on Android'],
  ['Mozilla/5.0 (Linux; Android 15; SAMSUNG SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36', 'Samsung Internet for Android on Android'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
  ['Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36', 'Chrome on Chrome OS'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36 OPR/121.0.0.0', 'Opera on Windows'],
  ['Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko', 'Internet Explorer on Windows'],
  ['curl/8.5.0', null],
  ['lightMyRequest', null]
]

t.test('a browser is named roughly: what it is, and on what', async (t) => {
  for (const [userAgent, device] of devices) t.equal(deviceOf(userAgent), device, userAgent)
})

t.test('who says nothing is nothing', async (t) => {
  for (const userAgent of [undefined, '', '   ', '\t']) t.equal(deviceOf(userAgent), null)
})

t.test('what a stranger writes is never shown: names come from a fixed list', async (t) => {
  const hostile = [
    '<script>alert(1)</script>/1 (x', 'Your bank: call 555/1.0 (Windows NT 10.0)', 'evil\u0000\u001b[31m/1.0 x', '\u202eeruces/1 (x', '__proto__/1 (x', 'constructor/1 (x',
    'a/'.repeat(5_000), '('.repeat(10_000), ' '.repeat(10_000), `${' '.repeat(10_000)}x`, 'Version/'.repeat(1_250), `Mozilla/5.0 (${'Windows NT '.repeat(900)}`,
    `(${'1.'.repeat(5_000)}) Safari/`, '\u{1f600}'.repeat(5_000), '\ud800'
  ]
  for (const userAgent of hostile) t.match(deviceOf(userAgent) ?? '', /^(?:|Windows|Safari)$/, JSON.stringify(userAgent.slice(0, 40)))
  t.equal(deviceOf('evil/1.0 (Windows NT 10.0)'), 'Windows', 'what is known of it stays')
})

t.test('no more than 512 characters are looked at', async (t) => {
  const firefox = 'Firefox/140.0'
  t.equal(deviceOf(`${'x'.repeat(512 - firefox.length)}${firefox}`), 'Firefox')
  t.equal(deviceOf(`${'x'.repeat(512)}${firefox}`), null)
})
