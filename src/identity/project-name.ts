/** Whether a value names a project: at most 32 lower-case letters, digits and dashes, a letter first and no dash last. */
export function isProjectName (value: unknown): boolean {
  return typeof value === 'string' && /^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(value)
}
