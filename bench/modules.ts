import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = `${pathToFileURL(join(import.meta.dirname, '..')).href}/`

/**
 * Whose a file is: a package, a folder of this one (`src/store`), a file of what is built (`chunks/core`), `Node itself`, or `V8` for
 * what is no file.
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
  if (path.startsWith('chunks/')) return path.replace(/\.js$/, '')
  const folders = path.split('/').slice(0, path.startsWith('src/') || path.startsWith('plugins/') ? 2 : 1)
  return folders.at(-1)!.includes('.') ? folders.slice(0, -1).join('/') || path : folders.join('/')
}

/** How many modules each owner has, most first. */
export function countOwners (urls: readonly string[]): Array<[owner: string, count: number]> {
  const counts = new Map<string, number>()
  for (const url of urls) counts.set(ownerOf(url), (counts.get(ownerOf(url)) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])
}

/** A source in a file that was built of several. */
interface Section {
  readonly url: string
  /** Where it begins, counted from 0. */
  readonly line: number
}

const read = new Map<string, readonly Section[]>()

/** The sources that a file of dist is made of, in their order: the build puts a comment with its path before each. */
function sectionsOf (url: string): readonly Section[] {
  // Other packages that were built so say it in the same way.
  if (!/^file:.*\/dist\/(?:bin|chunks|plugins)\/[\w-]+\.js$/.test(url) || url.includes('/node_modules/')) return []
  let sections = read.get(url)
  if (sections === undefined) {
    const lines = existsSync(fileURLToPath(url)) ? readFileSync(fileURLToPath(url), 'utf8').split('\n') : []
    read.set(url, sections = lines.flatMap((text, line) => {
      const path = /^\/\/ ((?:bin|plugins|src|node_modules)\/\S+\.[jt]s)$/.exec(text)?.[1]
      return path === undefined ? [] : [{ url: `${root}${path}`, line }]
    }))
  }
  return sections
}

/** The sources that a module is made of: itself, where it was not built of others. */
export function sourcesOf (url: string): string[] {
  const sections = sectionsOf(url)
  return sections.length === 0 ? [url] : sections.map((section) => section.url)
}

/**
 * The source of a function.
 *
 * @param url - Of its script.
 * @param line - Where it is there, counted from 0.
 */
export function sourceOf (url: string, line: number): string {
  return sectionsOf(url).findLast((section) => section.line <= line)?.url ?? url
}
