import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes of all files in a folder and below, but for what `isLeftOut` says of their names. */
export function sizeOf (folder: string, isLeftOut: (name: string) => boolean = () => false): number {
  return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !isLeftOut(name)).reduce((sum, entry) => {
    const path = join(folder, entry.name)
    return sum + (entry.isDirectory() ? sizeOf(path, isLeftOut) : entry.isFile() ? statSync(path).size : 0)
  }, 0)
}

/** What a user may be made to install, with Fastify, in packages and in bytes. Raise it with a reason. */
export const bounds: { readonly packages: number, readonly bytes: number } = { packages: 80, bytes: 18_000_000 }
