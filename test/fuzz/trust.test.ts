import { fuzzes } from './fuzzes.ts'
import { trust } from './targets/trust.ts'

fuzzes(trust)
