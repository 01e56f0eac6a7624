import { fuzzes } from './fuzzes.ts'
import { callbackForm } from './targets/callback-form.ts'

fuzzes(callbackForm)
