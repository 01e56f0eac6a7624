import { fuzzes } from './fuzzes.ts'
import { returnTarget } from './targets/return-target.ts'

fuzzes(returnTarget)
