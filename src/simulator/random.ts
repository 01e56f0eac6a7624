import { createHash } from 'node:crypto'
import { guidOf } from '../core/guid.ts'

/** A GUID that follows from a text, so that it is the same after a restart. */
export function derivedGuid (text: string): string {
  return guidOf(createHash('sha256').update(text).digest().subarray(0, 16))
}
