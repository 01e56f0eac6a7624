import type { ClientRecord } from '../src/identity/types.ts'

/** A client as people see it: of its secrets, what tells them apart. */
export function showClient ({ secrets, ...client }: ClientRecord): object {
  return { ...client, secrets: secrets.map(({ id, createdAt }) => ({ id, createdAt: new Date(createdAt).toISOString() })) }
}
