// Takes checks away one by one and shows which tests fail for it: node tools/mutations.ts [words of what to try …]
//
// Prints a line for each, and ends with the number of those that no test noticed, which is the exit code as well.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One check, and what is left of it where somebody has taken it away. */
interface Mutation {
  readonly check: string
  readonly file: string
  readonly from: string
  readonly to: string
  /** The tests that must notice. Each of these files has tests from outside, and fails for it alone. */
  readonly tests: readonly string[]
}

const claims = 'src/verification/token-checks.ts'

const mutations: readonly Mutation[] = [
  { check: 'nonce', file: claims, from: 'claims.nonce === expected.nonce && expected.nonce !== \'\'', to: 'expected.nonce !== \'\'', tests: ['abuse/token-claims'] },
  { check: 'audience', file: claims, from: 'claims.aud === expected.clientId', to: 'claims.aud !== expected.nonce', tests: ['abuse/token-claims'] },
  { check: 'issuer against tenant', file: claims, from: 'claims.iss === issuerOf(expected.authority, claims.tid as string)', to: 'typeof issuerOf(expected.authority, claims.tid as string) === \'string\'', tests: ['abuse/token-claims', 'verification/token'] },
  { check: 'issuer of each key', file: claims, from: 'key.issuer !== null && fillTenant(key.issuer, claims.tid as string) === claims.iss', to: 'key.issuer !== null && fillTenant(key.issuer, claims.tid as string) !== null', tests: ['abuse/token-claims'] },
  { check: 'algorithm', file: 'src/verification/compact-jws.ts', from: "  ['alg', (header) => header.alg === 'RS256'],\n", to: '', tests: ['verification/compact-jws'] },
  { check: 'signature', file: 'src/verification/token.ts', from: "    throw refuseToken('signature')\n", to: '', tests: ['abuse/token-signatures'] },
  { check: 'single use of an attempt', file: 'src/store/attempts.ts', from: 'if (inserted === undefined) return false', to: 'if (inserted === undefined) return true', tests: ['abuse/attempts'] },
  { check: 'a new session at each sign-in', file: 'plugins/session/start-session.ts', from: 'const id = newSessionId(config.environment)', to: 'const id = carrier.idOf(request) ?? newSessionId(config.environment)', tests: ['plugins/sign-in', 'abuse/attempts'] },
  { check: 'no write of a session that has ended', file: 'src/session/sessions.ts', from: 'return await touched ? seen : null', to: 'return await touched ? seen : seen', tests: ['session/sessions'] },
  { check: 'one tenant, another person (row D2)', file: 'src/linking/decide.ts', from: 'other.tid === tid && other.oid !== oid', to: 'other.tid === tid && other.oid !== oid && tid === oid', tests: ['abuse/addresses', 'linking/decide'] },
  { check: 'compare-and-set of codes', file: 'src/challenges/challenges.ts', from: "if (!await store.take(key, counted.codeHash)) throw refuse('otp_invalid', 'used_or_replaced_code')", to: 'await store.take(key, counted.codeHash)', tests: ['challenges/challenges', 'plugins/codes'] },
  { check: 'tries of a code are counted first', file: 'src/challenges/challenges.ts', from: 'const counted = await store.countTry(key, triesAtMost)', to: 'const counted = await store.countTry(key, triesAtMost) ?? await store.find(key)', tests: ['challenges/challenges'] },
  { check: 'canonical address', file: 'src/verification/address.ts', from: 'withDomain(lowerAscii(local), value.slice(at + 1))', to: 'withDomain(local.toLowerCase().normalize(\'NFC\'), value.slice(at + 1))', tests: ['verification/address'] },
  { check: 'boundary of a glob', file: 'src/provider/redirect-pattern.ts', from: 'dot > 0 && host.slice(dot + 1) === pattern.host', to: 'dot > 0 && host.endsWith(pattern.host)', tests: ['provider/return-target'] },
  { check: 'same origin of what changes something', file: 'src/core/request-origin.ts', from: "return site === 'same-origin' || (site === 'same-site' && isFrontEnd)", to: "return site !== 'none' || isFrontEnd", tests: ['plugins/sessions'] },
  { check: 'a return target at the end as well', file: 'plugins/arrive.ts', from: 'allowedReturnTarget(arrival.authorization.attempt.returnTo) ?? defaultReturnTo()', to: 'arrival.authorization.attempt.returnTo ?? defaultReturnTo()', tests: ['plugins/sign-in'] }
]

const root = join(import.meta.dirname, '..')
const copied = ['package.json', 'package-lock.json', 'tsconfig.json', '.taprc', 'bin', 'docs', 'plugins', 'src', 'test', 'tools/test.ts', '.tap/plugins']

/** A copy of the repository, so that nothing in it changes, and several may run at once. */
function copyOfTree (): string {
  const folder = mkdtempSync(join(tmpdir(), 'fastify-entra-mutation-'))
  for (const name of copied) cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** @throws where what the mutation takes away is not there exactly once: then the code has moved on, and this list has not. */
function apply (folder: string, { check, file, from, to }: Mutation): void {
  const parts = readFileSync(join(folder, file), 'utf8').split(from)
  if (parts.length !== 2) throw new Error(`${check}: ${file} has ${parts.length - 1} times ${from}`)
  writeFileSync(join(folder, file), parts.join(to))
}

/** The first test that fails, by its title; `null` where none does. It need not run to the end then. */
async function firstFailure (folder: string, tests: readonly string[]): Promise<string | null> {
  const words = [join(folder, 'tools/test.ts'), ...tests.map((name) => `test/${name}.test.ts`)]
  const child = spawn(process.execPath, words, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  for await (const chunk of child.stdout) {
    output += String(chunk)
    // A file that fails as a whole could not be loaded: that shows nothing.
    const failed = /^FAILED: (test\/.+? > .+?)(?: > .*)?$/m.exec(output)
    if (failed !== null) {
      process.kill(-child.pid!)
      return failed[1]!
    }
  }
  return null
}

const wanted = process.argv.slice(2)
const chosen = mutations.filter(({ check }) => wanted.length === 0 || wanted.some((word) => check.includes(word)))
let unnoticed = 0
for (const mutation of chosen) {
  const folder = copyOfTree()
  try {
    apply(folder, mutation)
    const failure = await firstFailure(folder, mutation.tests)
    if (failure === null) unnoticed += 1
    console.log(`${mutation.check}: ${failure ?? 'NO TEST NOTICES'}`)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}
console.log(`${chosen.length - unnoticed} of ${chosen.length} are noticed`)
process.exitCode = unnoticed
