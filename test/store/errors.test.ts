import { inspect } from 'node:util'
import t from 'tap'
import { isEntraError, refuse } from '../../src/core/errors.ts'
import { endsConnection, failureWord, isBusy, isLostRace, isUniqueViolation, storeFailure } from '../../src/store/errors.ts'

const sqlite = (errcode: number) => Object.assign(new Error('UNIQUE constraint failed: ann@example.com'), { code: 'ERR_SQLITE_ERROR', errcode })

t.test('a failure of SQLite is store_unavailable with its word, and nothing of its message', async (t) => {
  for (const [errcode, word] of [[5, 'SQLITE_BUSY'], [261, 'SQLITE_BUSY'], [13, 'SQLITE_FULL'], [8, 'SQLITE_READONLY'], [1032, 'SQLITE_READONLY'], [778, 'SQLITE_IOERR'], [19, 'SQLITE_CONSTRAINT'], [1, 'SQLITE_1']] as const) {
    const failure = storeFailure(sqlite(errcode))
    t.ok(isEntraError(failure))
    t.match(failure, { code: 'store_unavailable', statusCode: 503, detail: { reason: word } })
    t.notMatch(JSON.stringify([failure, (failure as Error).message, (failure as Error).cause]), /example\.com/)
  }
})

t.test('a closed handle is store_unavailable', async (t) => {
  t.match(storeFailure(Object.assign(new Error('database is not open'), { code: 'ERR_INVALID_STATE' })), { code: 'store_unavailable', detail: { reason: 'closed' } })
})

t.test('a refusal and a mistake of our own pass as they are', async (t) => {
  const refusal = refuse('email_in_use', 'x')
  t.equal(storeFailure(refusal), refusal)
  const mistake = new TypeError('x is undefined')
  t.equal(storeFailure(mistake), mistake)
  t.equal(storeFailure(undefined), undefined)
  t.equal(failureWord(null), null)
})

t.test('unique violations are known in SQLite and PostgreSQL', async (t) => {
  t.ok(isUniqueViolation(sqlite(2067)))
  t.ok(isUniqueViolation(sqlite(1555)))
  t.ok(isUniqueViolation(Object.assign(new Error(), { code: '23505', severity: 'ERROR' })))
  t.notOk(isUniqueViolation(sqlite(787)), 'a foreign key')
  t.notOk(isUniqueViolation(Object.assign(new Error(), { code: '23503' })))
  t.notOk(isUniqueViolation(undefined))
})

t.test('busy is what may be tried again', async (t) => {
  t.ok(isBusy(sqlite(5)))
  t.ok(isBusy(sqlite(517)))
  t.notOk(isBusy(sqlite(13)))
  t.notOk(isBusy(null))
})

const postgres = (code: string) => Object.assign(new Error('Key (canonical)=(ann@example.com) already exists.'), { code, severity: 'ERROR', detail: 'ann@example.com' })

t.test('a failure of PostgreSQL is store_unavailable with its word, and nothing of its message', async (t) => {
  for (const [code, word] of [['53100', 'disk_full'], ['57P01', 'admin_shutdown'], ['40001', 'serialization_failure'], ['23503', 'SQLSTATE_23503']] as const) {
    const failure = storeFailure(postgres(code))
    t.match(failure, { code: 'store_unavailable', statusCode: 503, detail: { reason: word } })
    t.notMatch(inspect(failure), /example\.com/)
  }
})

t.test('what a value breaks is a mistake of whoever gave it (E20)', async (t) => {
  for (const [code, word] of [['22021', 'character_not_in_repertoire'], ['22001', 'SQLSTATE_22001'], ['54000', 'SQLSTATE_54000']] as const) {
    t.match(storeFailure(postgres(code)), { code: 'invalid_request', statusCode: 400, detail: { reason: word } })
  }
})

t.test('lost races are what may be run again', async (t) => {
  for (const code of ['40001', '40P01', '23505']) t.ok(isLostRace(postgres(code)), code)
  t.ok(isLostRace(sqlite(2067)))
  for (const other of [postgres('23503'), postgres('57014'), sqlite(5), Object.assign(new Error(), { code: '40001' }), null]) t.notOk(isLostRace(other))
})

t.test('what ends a connection is known', async (t) => {
  for (const code of ['08006', '57P01', '57P02', '25P03', '53300']) t.ok(endsConnection(code), code)
  for (const code of ['57014', '40001', '23505', '55P03']) t.notOk(endsConnection(code), code)
})
