import { Socket } from 'node:net'
import t from 'tap'
import { findIntruder as find, type GuardedRequest, isForwardingHeader } from '../../src/simulator/guard.ts'

function realSocket (remoteAddress: string | undefined, localAddress: string | undefined): Socket {
  return Object.defineProperties(new Socket(), { remoteAddress: { value: remoteAddress }, localAddress: { value: localAddress } })
}

function findIntruder (request: Omit<GuardedRequest, 'httpVersion'>, httpVersion = '1.1'): string | null {
  return find({ ...request, httpVersion })
}

const local = { host: 'localhost:3000' }

t.test('a socket with both ends on this machine may pass', async (t) => {
  for (const [remote, here] of [['127.0.0.1', '127.0.0.1'], ['127.9.8.7', '127.0.0.1'], ['::1', '::1'], ['::ffff:127.0.0.1', '::ffff:127.0.0.1']] as const) {
    t.equal(findIntruder({ socket: realSocket(remote, here), headers: local }), null, remote)
  }
})

t.test('a remote end elsewhere is refused', async (t) => {
  for (const remote of ['192.168.1.5', '10.0.0.1', '172.17.0.1', '169.254.1.1', '0.0.0.0', '128.0.0.1', '::', 'fe80::1', 'fd00::1', '2001:db8::1', '::ffff:192.168.1.5', 'localhost', '', undefined]) {
    t.equal(findIntruder({ socket: realSocket(remote, '127.0.0.1'), headers: local }), 'remote_address', String(remote))
  }
})

t.test('a local end elsewhere is refused: the server is open to the network', async (t) => {
  for (const here of ['192.168.1.5', '0.0.0.0', '2001:db8::1', '::ffff:10.0.0.1', undefined]) {
    t.equal(findIntruder({ socket: realSocket('127.0.0.1', here), headers: local }), 'local_address', String(here))
  }
})

t.test('an injected request has one end, which counts all the same', async (t) => {
  t.equal(findIntruder({ socket: { remoteAddress: '127.0.0.1' }, headers: local }), null)
  t.equal(findIntruder({ socket: { remoteAddress: '203.0.113.9' }, headers: local }), 'remote_address')
  t.equal(findIntruder({ socket: {}, headers: local }), 'remote_address')
})

t.test('a request that somebody passed on is refused', async (t) => {
  const socket = realSocket('127.0.0.1', '127.0.0.1')
  for (const name of [
    'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'x-forwarded-prefix', 'x-forwarded-server',
    'x-forwarded-anything', 'x-vercel-forwarded-for', 'x-real-ip', 'via', 'x-original-for', 'x-original-host', 'x-original-url', 'x-original-proto',
    'x-rewrite-url', 'cf-connecting-ip', 'cf-connecting-ipv6', 'cf-ray', 'true-client-ip', 'fly-client-ip', 'fastly-client-ip', 'x-client-ip',
    'x-cluster-client-ip', 'proxy-client-ip', 'wl-proxy-client-ip', 'do-connecting-ip', 'x-nf-client-connection-ip', 'x-azure-clientip',
    'x-azure-socketip', 'x-appengine-user-ip', 'x-amzn-trace-id', 'x-envoy-external-address', 'cdn-loop'
  ]) {
    t.equal(findIntruder({ socket, headers: { ...local, [name]: '127.0.0.1' } }), 'forwarded', name)
    t.equal(findIntruder({ socket, headers: { ...local, [name]: '' } }), 'forwarded', `${name}, empty`)
  }
  for (const name of ['accept', 'cookie', 'user-agent', 'referer', 'origin', 'sec-fetch-site', 'x-requested-with', 'upgrade-insecure-requests', 'dnt', 'priority']) {
    t.notOk(isForwardingHeader(name), name)
  }
})

t.test('a Host that may be somebody else\'s is refused (DNS rebinding)', async (t) => {
  const socket = realSocket('127.0.0.1', '127.0.0.1')
  const host = (value: unknown): string | null => findIntruder({ socket, headers: { host: value } })
  for (const value of ['localhost', 'localhost:3000', 'LocalHost:80', '127.0.0.1', '127.0.0.1:3000', '[::1]', '[::1]:3000']) t.equal(host(value), null, value)
  for (const value of [
    'evil.example', 'evil.example:3000', 'localhost.evil.example', 'evil.localhost', '127.0.0.1.nip.io', '192.168.1.5:3000', '0.0.0.0', '[::]',
    'localhost@evil.example', 'localhost:3000@evil.example', 'localhost:port', 'localhost:', '2130706433', '', 'localhost,evil.example', '[::1', undefined, ['localhost']
  ]) {
    t.equal(host(value), 'host', String(value))
  }
})

t.test('with HTTP/2 the authority counts', async (t) => {
  const socket = realSocket('::1', '::1')
  t.equal(findIntruder({ socket, headers: { ':authority': 'localhost:3000' } }), null)
  t.equal(findIntruder({ socket, headers: { ':authority': 'evil.example' } }), 'host')
})

t.test('HTTP/1.0 is a proxy\'s, no browser\'s', async (t) => {
  const socket = realSocket('127.0.0.1', '127.0.0.1')
  t.equal(findIntruder({ socket, headers: local }, '1.0'), 'forwarded')
  t.equal(findIntruder({ socket, headers: local }, '2.0'), null)
})

t.test('a page of another host is refused, whatever proxy hides behind it', async (t) => {
  const socket = realSocket('127.0.0.1', '127.0.0.1')
  const origin = (value: unknown): string | null => findIntruder({ socket, headers: { ...local, origin: value } })
  for (const value of ['http://localhost:3000', 'https://localhost', 'http://127.0.0.1:5173', 'http://[::1]:3000', undefined]) t.equal(origin(value), null, String(value))
  for (const value of ['https://app.example', 'http://localhost.evil.example', 'http://192.168.1.5:3000', 'null', '', ['http://localhost']]) {
    t.equal(origin(value), 'origin', String(value))
  }
})
