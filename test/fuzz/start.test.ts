import { fuzzes } from './fuzzes.ts'
import { start } from './targets/start.ts'

fuzzes(start)
