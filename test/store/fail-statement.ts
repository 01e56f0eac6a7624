import { StatementSync } from 'node:sqlite'
import pg from 'pg'
import type { Test } from 'tap'
import { sharedPostgres } from '../postgres.ts'
import type { Engine } from './engines.ts'

/** A statement that is made to fail. */
export interface FailedStatement {
  readonly restore: () => void
  /** Whether there were so many statements that one failed. */
  readonly hasFailed: () => boolean
  /** What the log says of it. */
  readonly reason: RegExp
}

/** Whether a statement fails in place of being carried out, or when it was: nobody is told then that it was. */
export type Moment = 'before' | 'after'

/**
 * Makes the statement with this number fail, counted from now: on SQLite the
 * disk fails, on PostgreSQL somebody ends the connection just then.
 */
export function failStatement (t: Pick<Test, 'teardown'>, engine: Pick<Engine, 'name'>, number: number, moment: Moment = 'before'): FailedStatement {
  let executed = 0
  const isTheOne = (): boolean => ++executed === number
  const restore = engine.name === 'sqlite' ? failInSqlite(isTheOne, moment) : terminateInPostgres(isTheOne, moment)
  t.teardown(restore)
  const reason = engine.name === 'sqlite' ? /^SQLITE_IOERR$/ : /^(?:admin_shutdown|connection_lost|ECONNRESET|EPIPE)$/
  return { restore, hasFailed: () => executed >= number, reason }
}

function failInSqlite (isTheOne: () => boolean, moment: Moment): () => void {
  const { all, run } = StatementSync.prototype
  const counted = <Method extends typeof all | typeof run>(method: Method) => function (this: StatementSync, ...parameters: never[]) {
    const fails = isTheOne()
    const answer = fails && moment === 'before' ? undefined : (method as (...parameters: never[]) => unknown).apply(this, parameters)
    if (fails) throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 10 })
    return answer
  }
  Object.assign(StatementSync.prototype, { all: counted(all), run: counted(run) })
  return () => { Object.assign(StatementSync.prototype, { all, run }) }
}

function terminateInPostgres (isTheOne: () => boolean, moment: Moment): () => void {
  const { query } = pg.Client.prototype
  const restore = (): void => { Object.assign(pg.Client.prototype, { query }) }
  Object.assign(pg.Client.prototype, {
    query: async function (this: pg.Client & { processID: number }, ...parameters: never[]): Promise<unknown> {
      const execute = async (): Promise<unknown> => await (query as (...parameters: never[]) => Promise<unknown>).apply(this, parameters)
      if (!isTheOne()) return await execute()
      // Ours is not to be counted.
      restore()
      if (moment === 'after') await execute()
      await (await sharedPostgres()).query(`select pg_terminate_backend(${this.processID}, 10000)`)
      if (moment === 'before') return await execute()
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    }
  })
  return restore
}
