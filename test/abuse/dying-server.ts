// A server that dies as by `kill -9`, right before it writes the identity of a new user: node dying-server.ts '{"baseUrl":…}'.
import { StatementSync } from 'node:sqlite'
import pg from 'pg'

const isTheOne = (statement: string): boolean => /^insert into "identities"/i.test(statement)

function die (statement: string): void {
  if (isTheOne(statement)) process.kill(process.pid, 'SIGKILL')
}

const { all, run } = StatementSync.prototype
const dying = (method: typeof all | typeof run) => function (this: StatementSync, ...parameters: never[]) {
  die(this.sourceSQL)
  return (method as (...parameters: never[]) => unknown).apply(this, parameters)
}
Object.assign(StatementSync.prototype, { all: dying(all), run: dying(run) })

const { query } = pg.Client.prototype
Object.assign(pg.Client.prototype, {
  query: function (this: pg.Client, ...parameters: never[]): unknown {
    const [given] = parameters as unknown as [string | { text: string }]
    die(typeof given === 'string' ? given : given.text)
    return (query as (...parameters: never[]) => unknown).apply(this, parameters)
  }
})

await import('../servers/server.ts')
