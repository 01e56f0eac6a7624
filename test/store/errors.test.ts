import t from 'tap'
import { isEntraError, refuse } from '../../src/core/errors.ts'
import { failureWord, isBusy, isUniqueViolation, storeFailure } from '../../src/store/errors.ts'

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
  t.ok(isUniqueViolation(Object.assign(new Error(), { code: '23505' })))
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
