import { createUsedAttempts } from '../../src/store/attempts.ts'
import { openDatabase } from '../../src/store/open.ts'
import { startSignal } from './processes.ts'

// A server that boots, and at once finishes the attempt that all others finish, too.
await startSignal()
const database = await openDatabase(process.argv[2]!, { patience: 60_000 })
const isFirst = await createUsedAttempts(database, { now: () => 0 }).use('state', 1)
process.stdout.write(isFirst ? 'first\n' : 'late\n')
await database.close()
