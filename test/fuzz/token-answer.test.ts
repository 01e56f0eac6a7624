import { fuzzes } from './fuzzes.ts'
import { tokenAnswer } from './targets/token-answer.ts'

fuzzes(tokenAnswer)
