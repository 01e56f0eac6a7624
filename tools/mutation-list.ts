/** One check, and what is left of it where somebody has taken it away. */
export interface Mutation {
  readonly check: string
  readonly file: string
  /** Is in the file once. */
  readonly from: string
  readonly to: string
  /** The tests of which one must notice: files below `test/`, without `.test.ts`. */
  readonly tests: readonly string[]
}

const claims = 'src/verification/token-checks.ts'

/** What `npm run mutations` takes away. */
export const mutations: readonly Mutation[] = [
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
