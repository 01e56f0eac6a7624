import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'

const root = join(import.meta.dirname, '../..')
const packed = ['package.json', 'bin', 'src', 'plugins', 'tools', 'docs', 'LICENSE', 'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'tsconfig.json', 'tsconfig.build.json']

/** What `npm pack` has made of this tree. */
export interface Packed {
  /** Path of the tarball. */
  readonly tarball: string
  /** What is in it: paths below the package. */
  readonly files: readonly string[]
  /** SHA-512 of the tarball. */
  readonly integrity: string
}

/** An empty folder outside of this repository, so that nothing of it is found from there by accident. Gone after the test. */
export function emptyFolder (t: Pick<Test, 'teardown'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'fastify-entra-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A copy of what is built and packed of this tree: several tests may build at once, and `dist` stays as it is. */
export function copyTree (t: Pick<Test, 'teardown'>): string {
  const folder = emptyFolder(t)
  for (const name of packed) cpSync(join(root, name), join(folder, name), { recursive: true, filter: (path) => !path.endsWith('node_modules') })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** Builds and packs a copy of this tree. */
export async function packTree (t: Pick<Test, 'teardown'>): Promise<Packed> {
  const folder = copyTree(t)
  const { stdout } = await run('npm', ['pack', '--json'], { cwd: folder })
  const [{ filename, files, integrity }] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as [{ filename: string, files: Array<{ path: string }>, integrity: string }]
  return { tarball: join(folder, filename), files: files.map(({ path }) => path), integrity }
}

/** Runs a program to its end, with both of its outputs. Rejects where it ends with an error. */
export const run: (file: string, words: string[], options: { cwd: string, env?: NodeJS.ProcessEnv, timeout?: number }) => Promise<{ stdout: string, stderr: string }> = promisify(execFile)
