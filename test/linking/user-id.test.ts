import t from 'tap'
import { newUserId } from '../../src/linking/user-id.ts'

const id = (at: string, byte: number) => newUserId({ now: () => Date.parse(at), randomBytes: (size) => Buffer.alloc(size, byte) })

t.test('the id of a user says in which week it was made, and no more', (t) => {
  t.equal(id('2026-11-26T12:00:00.123Z', 0), '01a21526-e400-7000-8000-000000000000')
  t.equal(id('2026-11-26T00:00:00.000Z', 0), id('2026-12-02T23:59:59.999Z', 0), 'a week begins as 1970 did: on a Thursday')
  t.not(id('2026-11-25T23:59:59.999Z', 0), id('2026-11-26T00:00:00.000Z', 0))
  t.ok(id('2026-11-25T23:59:59.999Z', 255) < id('2026-11-26T00:00:00.000Z', 0), 'those of a week stand before those of the next one')
  t.end()
})

t.test('all else of it is chance, but for the marks of its version', (t) => {
  t.equal(id('1970-01-01T00:00:00.000Z', 255), '00000000-0000-7fff-bfff-ffffffffffff')
  t.equal(id('2026-11-26T12:00:00.123Z', 0xa5), '01a21526-e400-75a5-a5a5-a5a5a5a5a5a5')
  t.end()
})
