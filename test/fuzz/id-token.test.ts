import { fuzzes } from './fuzzes.ts'
import { idToken } from './targets/id-token.ts'

fuzzes(idToken)
