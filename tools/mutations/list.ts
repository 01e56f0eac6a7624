import type { Edit } from './edit.ts'

/** A check, taken out. */
export interface Mutation {
  /** What is taken out, in words. */
  readonly check: string
  readonly edits: readonly Edit[]
  /** Test files in which something must fail. */
  readonly tests: readonly string[]
}

const checks = 'src/verification/token-checks.ts'

function tokenCheck (name: string, check: string, rule: string, tests: readonly string[]): Mutation {
  return { check, edits: [{ file: checks, from: `['${name}', ${rule}]`, to: `['${name}', () => true]` }], tests }
}

const claims = ['test/abuse/token-claims.test.ts', 'test/verification/token.test.ts']

/** Checks without which somebody gets in who must not. */
export const mutations: readonly Mutation[] = [
  tokenCheck('nonce', 'the nonce of the token is that of the attempt', '({ claims, expected }) => claims.nonce === expected.nonce && expected.nonce !== \'\'', claims),
  tokenCheck('aud', 'the token is for this application', '({ claims, expected }) => claims.aud === expected.clientId', claims),
  tokenCheck('iss', 'the issuer is that of the tenant', '({ claims, expected }) => claims.iss === issuerOf(expected.authority, claims.tid as string)', claims),
  tokenCheck('key_issuer', 'the key may sign for the tenant', '({ claims, key }) => key.issuer !== null && fillTenant(key.issuer, claims.tid as string) === claims.iss', claims),
  {
    // Each covers for the other where Microsoft's keys are as they are: without both, a tenant signs for another one.
    check: 'the issuer of the token, and of its key, is that of the tenant',
    edits: [
      { file: checks, from: "['iss', ({ claims, expected }) => claims.iss === issuerOf(expected.authority, claims.tid as string)]", to: "['iss', () => true]" },
      { file: checks, from: "['key_issuer', ({ claims, key }) => key.issuer !== null && fillTenant(key.issuer, claims.tid as string) === claims.iss]", to: "['key_issuer', () => true]" }
    ],
    tests: claims
  },
  tokenCheck('exp', 'the token has not expired', '({ claims, now }) => isTime(claims.exp) && now < claims.exp + skew', claims),
  tokenCheck('account_class', 'the kind of account may sign in here', '({ claims, expected }) => allowsAccountClass(expected.tenant, tidOf(claims))', claims),
  {
    check: 'the algorithm is RS256',
    edits: [{ file: 'src/verification/compact-jws.ts', from: '(header) => header.alg === \'RS256\'', to: '() => true' }],
    tests: ['test/abuse/token-signatures.test.ts', 'test/verification/compact-jws.test.ts']
  },
  {
    check: 'the signature holds',
    edits: [{ file: 'src/verification/token.ts', from: ' || !verify(\'RSA-SHA256\', Buffer.from(signed), publicKey, signature)', to: '' }],
    tests: ['test/abuse/token-claims.test.ts', 'test/abuse/token-signatures.test.ts']
  },
  {
    check: 'an attempt is used once',
    edits: [{ file: 'src/store/attempts.ts', from: 'if (inserted === 0) return false', to: '' }],
    tests: ['test/abuse/attempts.test.ts', 'test/store/attempts.test.ts']
  },
  {
    check: 'the session id is new after a sign-in',
    edits: [{ file: 'plugins/session/start-session.ts', from: 'const id = newSessionId(config.environment)', to: 'const id = carrier.idOf(request) ?? newSessionId(config.environment)' }],
    tests: ['test/abuse/sessions.test.ts', 'test/plugins/sign-in.test.ts']
  },
  {
    check: 'the session of the package is made anew at a sign-in',
    edits: [{ file: 'plugins/session/carrier.ts', from: 'await open(request)\n      chosen.set(request, id)\n      await request.session.regenerate()', to: 'await open(request, carriedBy(request)?.signed)' }],
    tests: ['test/abuse/sessions.test.ts', 'test/plugins/session.test.ts']
  },
  {
    check: 'a session that has ended is written no more',
    edits: [{ file: 'src/store/sessions.ts', from: 'last_seen_at: lastSeenAt, expires_at: expiresAt })) > 0', to: 'last_seen_at: lastSeenAt, expires_at: expiresAt })) >= 0' }],
    tests: ['test/abuse/sessions.test.ts', 'test/store/sessions.test.ts']
  },
  {
    check: 'a request in flight does not go on with a session that has ended',
    edits: [{ file: 'src/session/sessions.ts', from: 'record.microsoftSession) ? seen : null', to: 'record.microsoftSession) ? seen : seen' }],
    tests: ['test/abuse/sessions.test.ts', 'test/session/sessions.test.ts']
  },
  {
    check: 'what another process has changed is not believed any more',
    edits: [{ file: 'src/session/believed.ts', from: 'found !== undefined && version === found.version', to: 'found !== undefined' }],
    tests: ['test/session/believed.test.ts', 'test/session/lists.test.ts']
  },
  {
    check: 'no second identity of one tenant joins by address (row D2)',
    edits: [{ file: 'src/linking/decide.ts', from: 'return [...identities, ...provers].some((other) => other.tid === tid && other.oid !== oid)', to: 'return [...identities, ...provers].some((other) => other.tid === tid && other.oid !== oid && false)' }],
    tests: ['test/abuse/addresses.test.ts', 'test/linking/rows-d.test.ts']
  },
  {
    check: 'only xms_edov of the right form vouches',
    edits: [{ file: 'src/core/edov.ts', from: 'edov === \'true\' || edov === \'1\'', to: 'Boolean(edov)' }],
    tests: ['test/abuse/addresses.test.ts']
  },
  {
    check: 'a code is taken once (compare and set)',
    edits: [{ file: 'src/challenges/challenges.ts', from: 'if (!await store.take(key, counted.codeHash)) throw refuse(\'otp_invalid\', \'used_or_replaced_code\')', to: 'await store.take(key, counted.codeHash)' }],
    tests: ['test/abuse/codes.test.ts', 'test/challenges/challenges.test.ts']
  },
  {
    check: 'a try is counted before a code is compared',
    edits: [{ file: 'src/store/challenges.ts', from: '.where(\'key\', \'=\', key).where(\'tries\', \'<\', most)', to: '.where(\'key\', \'=\', key)' }],
    tests: ['test/abuse/codes.test.ts', 'test/challenges/challenges.test.ts']
  },
  {
    check: 'addresses are compared in one spelling',
    edits: [{ file: 'src/verification/address.ts', from: 'withDomain(lowerAscii(local), value.slice(at + 1))', to: 'withDomain(local, value.slice(at + 1))' }],
    tests: ['test/abuse/addresses.test.ts', 'test/verification/address.test.ts']
  },
  {
    check: 'a "*." of a return URL stands for one whole label',
    edits: [{ file: 'src/provider/redirect-pattern.ts', from: 'return dot > 0 && host.slice(dot + 1) === pattern.host', to: 'return dot > 0 && host.endsWith(pattern.host)' }],
    tests: ['test/abuse/return-targets.test.ts', 'test/provider/return-target.test.ts']
  },
  {
    check: 'a "*" of a return URL stays in its segment',
    edits: [{ file: 'src/provider/redirect-pattern.ts', from: 'if (many === -1) return segments.length === pattern.length && matchesEach(segments, pattern)', to: 'if (many === -1) return segments.length >= pattern.length && matchesEach(segments, pattern)' }],
    tests: ['test/abuse/return-targets.test.ts', 'test/provider/return-target.test.ts']
  },
  {
    check: 'a return URL is looked at again at the end',
    edits: [{ file: 'plugins/arrive.ts', from: 'const returnTo = allowedReturnTarget(arrival.authorization.attempt.returnTo) ?? defaultReturnTo()', to: 'const returnTo = arrival.authorization.attempt.returnTo ?? defaultReturnTo()' }],
    tests: ['test/abuse/return-targets.test.ts', 'test/plugins/sign-in.test.ts']
  },
  {
    check: 'what changes something comes from our own pages',
    edits: [{ file: 'plugins/own-posts.ts', from: 'if (!isOwn) throw refuse(\'cross_site_request\', \'other_site\')', to: 'void isOwn' }],
    tests: ['test/abuse/linking.test.ts', 'test/plugins/link-route.test.ts']
  },
  {
    check: 'linking asks for a recent sign-in',
    edits: [{ file: 'plugins/identities/signed-in.ts', from: '  requireRecent(request)\n', to: '  void requireRecent\n' }],
    tests: ['test/abuse/linking.test.ts', 'test/plugins/identities.test.ts']
  },
  {
    check: 'the last way in stays',
    edits: [
      { file: 'src/linking/account-identities.ts', from: 'if (door === null) throw lastIdentity()', to: 'if (door === null) void lastIdentity' },
      { file: 'src/linking/account-identities.ts', from: 'if (door !== \'application\' && !remaining.some((other) => isOneOf(other, door))) throw lastIdentity()', to: 'void isOneOf' }
    ],
    tests: ['test/abuse/linking.test.ts', 'test/linking/unlink.test.ts']
  }
]
