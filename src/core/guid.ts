const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether `value` is a GUID in its usual text form, in either letter case. */
export function isGuid (value: unknown): value is string {
  return typeof value === 'string' && pattern.test(value)
}
