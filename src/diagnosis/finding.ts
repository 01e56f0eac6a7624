import type { Finding, FindingId, Severity } from './types.ts'

/** Makes a list of one finding. */
export function found (severity: Severity, id: FindingId, texts: Omit<Finding, 'id' | 'severity'>): readonly Finding[] {
  return [Object.freeze({ id, severity, ...texts })]
}

/** Nothing is wrong. */
export const nothing: readonly Finding[] = Object.freeze([])
