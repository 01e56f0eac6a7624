import { fuzzes } from './fuzzes.ts'
import { callbackQuery } from './targets/callback-query.ts'

fuzzes(callbackQuery)
