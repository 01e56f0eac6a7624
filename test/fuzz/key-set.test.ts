import { fuzzes } from './fuzzes.ts'
import { keySet } from './targets/key-set.ts'

fuzzes(keySet)
