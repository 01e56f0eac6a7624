import { realEnvironment } from '../../src/core/environment.ts'
import { createLinking } from '../../src/linking/link.ts'
import { createAccountStore } from '../../src/store/accounts.ts'
import { openDatabase } from '../../src/store/open.ts'
import { startSignal } from '../store/processes.ts'
import { token } from './tokens.ts'
import { defaults, linkedUser } from './world.ts'

// A server that boots, and at once signs in twenty people who all have one verified address, each in a tenant of their own.
await startSignal()
const database = await openDatabase(process.argv[2]!, { patience: 60_000 })
const { link } = createLinking({
  policy: { ...defaults, use_email_as_identifier: true, allow_email_account_merge: process.argv[3] === 'merge' },
  store: createAccountStore(database),
  environment: realEnvironment,
  endSessions: async () => {}
})
const outcomes = await Promise.all(Array.from({ length: 20 }, async (_, index) => {
  const said = token()
  const identity = { ...said.identity, tid: said.identity.tid.replace(/^c0000000/, String(10_000_000 + index)) }
  return await link({ ...said, identity }).then((outcome) => `ok ${linkedUser(outcome).user.id}`, (error: { code: string }) => error.code)
}))
for (const outcome of outcomes) process.stdout.write(`${outcome}\n`)
await database.close()
