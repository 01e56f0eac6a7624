import { claimNames, headerNames } from './claim-names.ts'
import { type JsonRecord, readJsonObject } from '../core/json.ts'
import { refuseToken, type TokenRefusal } from './refusals.ts'

/** A token that has the right form. Nothing in it is proven yet. */
export interface CompactJws {
  readonly kid: string
  readonly payload: JsonRecord
  /** What is signed: header and payload, as they came. */
  readonly signed: string
  readonly signature: Buffer
}

/** 16 KiB: a token with two hundred groups has less than half of it. */
const largest = 16_384
const longestKid = 256

/**
 * Reads a compact JWS (RFC 7515 section 7.1) without any cryptography: what is
 * too large, has another serialization or another algorithm costs nothing
 * (abuse cases T02, T05, T08, T10, T34, T35, T37).
 *
 * @throws invalid_token
 */
export function readCompactJws (token: string): CompactJws {
  if (token.length > largest) throw refuseToken('size')
  const segments = token.split('.', 6)
  const [head, body, signature, ...more] = segments.map(decode)
  if (!head || !body || !signature || more.length > 0) throw refuseToken('segments')
  const header = readSegment(head, headerNames, 'header')
  const failed = headerChecks.find(([, holds]) => !holds(header))
  if (failed !== undefined) throw refuseToken(failed[0])
  return { kid: header.kid as string, payload: readSegment(body, claimNames, 'payload'), signed: token.slice(0, token.lastIndexOf('.')), signature }
}

const headerChecks: ReadonlyArray<readonly [reason: TokenRefusal, holds: (header: JsonRecord) => boolean]> = [
  // Exactly as Microsoft writes it; access and logout tokens have other ones (RFC 8725 section 3.11).
  ['typ', (header) => !Object.hasOwn(header, 'typ') || header.typ === 'JWT'],
  // Extensions that must be understood (RFC 7515 section 4.1.11): none is.
  ['crit', (header) => !Object.hasOwn(header, 'crit')],
  ['b64', (header) => !Object.hasOwn(header, 'b64')],
  ['zip', (header) => !Object.hasOwn(header, 'zip')],
  ['alg', (header) => header.alg === 'RS256'],
  ['kid', ({ kid }) => typeof kid === 'string' && kid !== '' && kid.length <= longestKid]
]

/** Exactly one text for the same octets: no padding, no white space, no stray bits at the end (RFC 4648 section 3.5); `null` for every other one. */
function decode (segment: string): Buffer | null {
  const octets = Buffer.from(segment, 'base64url')
  return segment !== '' && octets.toString('base64url') === segment ? octets : null
}

function readSegment (octets: Buffer, names: ReadonlySet<string>, reason: TokenRefusal): JsonRecord {
  const record = readJsonObject(octets, names)
  if (record === null) throw refuseToken(reason)
  return record
}
