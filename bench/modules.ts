import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = `${pathToFileURL(join(import.meta.dirname, '..')).href}/`

/**
 * Whose a file is: a package, a folder of this one (`src/store`), `Node itself`, or `V8` for what is no file.
 *
 * @param url - Of a module or of a function's script.
 */
export function ownerOf (url: string): string {
  if (url === '') return 'V8'
  if (url.startsWith('node:')) return 'Node itself'
  if (url.startsWith('wasm:')) return 'WebAssembly'
  const packages = [...url.matchAll(/\/node_modules\/((?:@[^/]+\/)?[^/]+)(?=\/)/g)]
  if (packages.length > 0) return packages.at(-1)![1]!
  const path = url.replace(root, '').replace(/^dist\//, '')
  const folders = path.split('/').slice(0, path.startsWith('src/') || path.startsWith('plugins/') ? 2 : 1)
  return folders.at(-1)!.includes('.') ? folders.slice(0, -1).join('/') || path : folders.join('/')
}

/** How many modules each owner has, most first. */
export function countOwners (urls: readonly string[]): Array<[owner: string, count: number]> {
  const counts = new Map<string, number>()
  for (const url of urls) counts.set(ownerOf(url), (counts.get(ownerOf(url)) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])
}
