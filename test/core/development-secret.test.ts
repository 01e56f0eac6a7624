import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { developmentSecret } from '../../src/core/development-secret.ts'
import { realEnvironment } from '../../src/core/environment.ts'

t.test('the secret is made once, read by its owner alone, and found again', async (t) => {
  const file = join(t.testdir(), 'db.secret')
  const secret = developmentSecret(file, realEnvironment)
  t.ok(secret.length >= 32)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.equal(developmentSecret(file, realEnvironment), secret)
  t.same(readdirSync(join(file, '..')), ['db.secret'])
})

t.test('a file that others could read is closed to them', async (t) => {
  const file = join(t.testdir({ 'db.secret': 'x'.repeat(40) }), 'db.secret')
  chmodSync(file, 0o644)
  t.equal(developmentSecret(file, realEnvironment), 'x'.repeat(40))
  t.equal(statSync(file).mode & 0o777, 0o600)
})

t.test('nothing is kept beside a database in memory', async (t) => {
  t.not(developmentSecret(null, realEnvironment), developmentSecret(null, realEnvironment))
})

/** Randomness that is asked after the first look at the file: what happens then happens in between. */
function meanwhile (happens: () => void) {
  return {
    randomBytes: (size: number) => {
      if (size === 6) happens()
      return realEnvironment.randomBytes(size)
    }
  }
}

t.test('of two processes that start at once, both take the secret of the first', async (t) => {
  const dir = t.testdir()
  const other = 'y'.repeat(64)
  const secret = developmentSecret(join(dir, 'db.secret'), meanwhile(() => writeFileSync(join(dir, 'db.secret'), other)))
  t.equal(secret, other)
  t.same(readdirSync(dir), ['db.secret'])
})

t.test('a file without a secret, and a folder that cannot be written, are named with the remedy', async (t) => {
  const dir = t.testdir({ 'db.secret': 'short' })
  t.throws(() => developmentSecret(join(dir, 'db.secret'), realEnvironment), { code: 'FST_ENTRA_CONFIGURATION', message: /db\.secret.*it holds no secret.*option "secrets"/ })
  t.throws(() => developmentSecret(join(dir, 'missing', 'db.secret'), realEnvironment), { message: /ENOENT/ })
  const gone = join(dir, 'gone')
  mkdirSync(gone)
  const removal = meanwhile(() => mkdirSync(join(gone, 'db.secret')))
  t.throws(() => developmentSecret(join(gone, 'db.secret'), removal), { message: /EISDIR/ })
  symlinkSync('nowhere', join(dir, 'dangling'))
  t.throws(() => developmentSecret(join(dir, 'dangling'), realEnvironment), { message: /EEXIST/ })
  mkdirSync(join(dir, 'folder'))
  t.throws(() => developmentSecret(join(dir, 'folder'), realEnvironment), { message: /EISDIR/ })
})
