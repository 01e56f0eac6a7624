import { fuzzes } from './fuzzes.ts'
import { cookieHeader } from './targets/cookies.ts'

fuzzes(cookieHeader)
