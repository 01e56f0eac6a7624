import { refuse } from '../core/errors.ts'

/**
 * Refuses text with a NUL in it, which PostgreSQL cannot hold and SQLite cuts
 * off in some places: what one engine refuses, the other one does, too (abuse case E20).
 *
 * @throws invalid_request
 */
export function refuseNul (parameters: readonly unknown[]): void {
  for (const parameter of parameters) {
    if (typeof parameter === 'string' && parameter.includes('\0')) throw refuse('invalid_request', 'nul_in_text')
  }
}
