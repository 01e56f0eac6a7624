import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import { inspect } from 'node:util'
import t from 'tap'
import { askFederated } from '../../src/credentials/federated.ts'
import { readTokenFile } from '../../src/credentials/token-file.ts'

const token = 'aaaa.bbbb.cc_-'
/** Milliseconds that no machine needs, and that no test waits. */
const patient = 300_000

t.test('the function of a federated credential gives a token, at once or later', async (t) => {
  t.equal(await askFederated(() => token, patient), token)
  t.equal(await askFederated(async () => token, patient), token)
})

t.test('a function that fails says so without what it threw', async (t) => {
  for (const [title, work, reason] of [
    ['throws', () => { throw new Error('canary') }, 'federated_threw'],
    ['rejects', async () => await Promise.reject(new Error('canary')), 'federated_threw'],
    ['gives nothing', () => undefined, 'federated_no_token'],
    ['gives an object', async () => ({ access_token: token }), 'federated_no_token'],
    ['gives two parts', () => 'canary.canary', 'federated_no_token'],
    ['gives a line break', () => `${token}\n`, 'federated_no_token'],
    ['gives too much', () => `a.b.${'c'.repeat(16_384)}`, 'federated_no_token']
  ] as const) {
    const error = await askFederated(work as () => string, patient).then(() => null, (failure: Error) => failure)
    t.match(error, { code: 'provider_error', detail: { reason } }, title)
    t.notMatch(inspect(error, { showHidden: true }), 'canary', title)
    t.equal(error?.cause, undefined, title)
  }
})

t.test('a function that hangs is left to itself', async (t) => {
  await t.rejects(askFederated(async () => await new Promise<string>(() => {}), 1), { code: 'provider_error', detail: { reason: 'federated_timeout' } })
})

t.test('a token file is read each time anew', async (t) => {
  const file = join(t.testdir({ token: `${token}\n` }), 'token')
  t.equal(await readTokenFile(file, patient), token)
  writeFileSync(file, 'dddd.eeee.ffff')
  t.equal(await readTokenFile(file, patient), 'dddd.eeee.ffff')
  rmSync(file)
  await t.rejects(readTokenFile(file, patient), { code: 'provider_error', detail: { reason: 'token_file_missing' } })
})

t.test('a token file that holds no token, is none or is too large says which', async (t) => {
  const folder = t.testdir({ empty: '', text: 'canary', large: 'a.b.'.padEnd(16_385, 'c'), fits: 'a.b.'.padEnd(16_384, 'c'), closed: token })
  execFileSync('mkfifo', [join(folder, 'pipe')])
  const reasonOf = async (name: string, timeout = patient): Promise<unknown> =>
    await readTokenFile(join(folder, name), timeout).then(() => 'read', ({ detail }: { detail: { reason: string } }) => detail.reason)
  t.equal(await reasonOf('empty'), 'token_file_no_token')
  t.equal(await reasonOf('text'), 'token_file_no_token')
  t.equal(await reasonOf('large'), 'token_file_too_large')
  t.equal(await reasonOf('fits'), 'read')
  t.equal(await reasonOf('.'), 'token_file_unreadable')
  t.equal(await reasonOf('pipe'), 'token_file_unreadable', 'and nobody waits for a writer')
  t.equal(await reasonOf('closed/inside'), 'token_file_unreadable')
  t.equal(await readTokenFile('/dev/zero', patient).catch(({ detail }) => detail.reason), 'token_file_unreadable', 'nor for the end of a device')
})

t.test('a file that does not answer is left to itself', async (t) => {
  const file = join(t.testdir({ token }), 'token')
  mock.timers.enable({ apis: ['setTimeout'] })
  const read = readTokenFile(file, 5_000)
  // The file system needs a turn of the event loop to answer, and the time is over before it.
  mock.timers.tick(5_000)
  mock.timers.reset()
  await t.rejects(read, { code: 'provider_error', detail: { reason: 'token_file_timeout' } })
})
