// Takes checks away one by one and shows which tests fail for it: node tools/mutations.ts [words of what to try …]
//
// Prints a line for each, and ends with the number of those that no test noticed, which is the exit code as well.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Mutation, mutations } from './mutation-list.ts'

const root = join(import.meta.dirname, '..')
const copied = ['package.json', 'package-lock.json', 'tsconfig.json', '.taprc', 'bin', 'docs', 'plugins', 'src', 'test', 'tools/test.ts', '.tap/plugins']

/** A copy of the repository, so that nothing in it changes, and several may run at once. */
function copyOfTree (): string {
  const folder = mkdtempSync(join(tmpdir(), 'fastify-entra-mutation-'))
  for (const name of copied.filter((one) => existsSync(join(root, one)))) cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** @throws where what the mutation takes away is not there exactly once: then the code has moved on, and this list has not. */
function apply (folder: string, { check, file, from, to }: Mutation): void {
  const parts = readFileSync(join(folder, file), 'utf8').split(from)
  if (parts.length !== 2) throw new Error(`${check}: ${file} has ${parts.length - 1} times ${from}`)
  writeFileSync(join(folder, file), parts.join(to))
}

/** The first test that fails, by its title; `null` where none does. It ends there. */
async function firstFailure (folder: string, tests: readonly string[]): Promise<string | null> {
  const words = [join(folder, 'tools/test.ts'), '--bail', ...tests.map((name) => `test/${name}.test.ts`)]
  const child = spawn(process.execPath, words, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  for await (const chunk of child.stdout) output += String(chunk)
  // A file that fails as a whole could not be loaded: that shows nothing.
  return /^FAILED: (test\/.+? > .+?)(?: > .*)?$/m.exec(output)?.[1] ?? null
}

/** Runs tests in a copy of the tree that something was done to. */
async function tryOut (change: (folder: string) => void, tests: readonly string[]): Promise<string | null> {
  const folder = copyOfTree()
  try {
    change(folder)
    return await firstFailure(folder, tests)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

const wanted = process.argv.slice(2)
const chosen = mutations.filter(({ check }) => wanted.length === 0 || wanted.some((word) => check.includes(word)))
// Else a test that fails anyway would notice everything.
const before = await tryOut(() => {}, [...new Set(chosen.flatMap(({ tests }) => tests))])
if (before !== null) throw new Error(`a test fails with all checks in their place: ${before}`)

let unnoticed = 0
for (const mutation of chosen) {
  const failure = await tryOut((folder) => apply(folder, mutation), mutation.tests)
  if (failure === null) unnoticed += 1
  console.log(`${mutation.check}: ${failure ?? 'NO TEST NOTICES'}`)
}
console.log(`${chosen.length - unnoticed} of ${chosen.length} are noticed`)
process.exitCode = unnoticed
