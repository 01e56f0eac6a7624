import { readFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'

const packages = ['fastify', '@fastify/oauth2', '@fastify/session', '@fastify/cookie', 'jose', 'kysely', 'pg']

/** What was measured on and with, in words. */
export function machine (): Record<string, string> {
  const [processor] = cpus()
  return {
    processors: `${cpus().length}, ${processor!.model.trim()}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${release()}`,
    node: process.versions.node,
    // SQLite is part of Node.
    sqlite: process.versions.sqlite ?? '',
    'files of databases': `${fileSystemOf(tmpdir())}, synchronous=full`,
    packages: packages.map((name) => `${name} ${versionOf(name)}`).join(', ')
  }
}

/** The type of the file system that a folder is on. */
function fileSystemOf (folder: string): string {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').trim().split('\n').map((line) => line.split(' '))
  const at = mounts.filter(([, place]) => `${folder}/`.startsWith(place === '/' ? '/' : `${place}/`)).sort((a, b) => a[1]!.length - b[1]!.length).at(-1)
  return at?.[2] ?? 'unknown'
}

function versionOf (name: string): string {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../node_modules', name, 'package.json'), 'utf8')) as { version: string }
  return version
}
