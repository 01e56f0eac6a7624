// A server that uses up the code that all others use up, too, twenty times at once: node identity-process.ts LOCATION KEY
import { createArtifactStore } from '../../src/store/identity-artifacts.ts'
import { openDatabase } from '../../src/store/open.ts'
import { startSignal } from './processes.ts'

const database = await openDatabase(process.argv[2]!, { patience: 60_000 })
const store = createArtifactStore(database)
await startSignal()
const won = await Promise.all(Array.from({ length: 20 }, async () => await store.consume(process.argv[3]!, 1)))
process.stdout.write(`${won.filter(Boolean).length}\n`)
await database.close()
