import { fuzzes } from './fuzzes.ts'
import { options } from './targets/options.ts'

fuzzes(options)
