import t from 'tap'
import { takesLong } from '../patient.ts'
import { needsRegistry } from '../services.ts'
import { root } from '../docs/documents.ts'
import { run } from './pack.ts'

takesLong()

interface Failed { readonly code: number | string, readonly killed: boolean, readonly stdout: string, readonly stderr: string }

/** npm says so where the registry, or Sigstore's list of trusted keys, cannot be reached; a signature that is wrong it calls by another word. */
const unreachable = /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b|no dependencies to audit|does not (?:have|support) (?:signatures|keys)|returned 40[34]/i

t.test('each package is signed by the registry, and where it has a statement of its provenance by its builder', needsRegistry(), async (t) => {
  // One look and no more: without network this must not hang.
  // Loud, also below `npm run --silent`, which says so in the environment: else a failure has no words.
  const words = ['audit', 'signatures', '--loglevel=notice', '--fetch-retries=0', '--fetch-timeout=30000']
  const result = await run('npm', words, { cwd: root, timeout: 300_000 }).catch((failed: Failed) => failed)
  const output = `${result.stdout}\n${result.stderr}`
  if ('code' in result && (result.killed || unreachable.test(output))) t.plan(0, `npm cannot check signatures here: ${unreachable.exec(output)?.[0] ?? 'no answer in five minutes'}`)
  else t.match(output, /\d+ packages? ha(?:s|ve) verified registry signatures?/)
})
