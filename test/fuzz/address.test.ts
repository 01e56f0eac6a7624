import { fuzzes } from './fuzzes.ts'
import { address } from './targets/address.ts'

fuzzes(address)
