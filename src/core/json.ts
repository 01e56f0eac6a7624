/** A JSON object without prototype, frozen with all that is in it: a member named `__proto__` is a member and nothing else. */
export type JsonRecord = Readonly<Record<string, unknown>>

const deepest = 32

/** A document of Microsoft's has some hundreds of values, and so has a token; a million of them would keep the process busy for half a second. */
const mostValues = 10_000

interface Cursor {
  readonly text: string
  at: number
  /** How many values have begun. */
  values: number
}

/**
 * Reads a JSON object more strictly than `JSON.parse`: UTF-8 without faults
 * and byte order mark, no duplicate members at any depth (RFC 7519 section 4;
 * parsers differ in which one wins, abuse case T32), at most 32 levels deep, at most
 * 10,000 values: its time does not hang on what somebody puts into a document.
 *
 * @param names - Lower-case names of which the outermost object has at most
 *   one spelling: `tid` with `TID` beside it is refused, since parsers that
 *   ignore case see a duplicate.
 * @returns `null` where it is anything else.
 */
export function readJsonObject (bytes: Uint8Array, names: ReadonlySet<string> = new Set()): JsonRecord | null {
  try {
    const record = readDocument(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
    return hasOneSpelling(record, names) ? record : null
  } catch {
    return null
  }
}

function hasOneSpelling (record: JsonRecord, names: ReadonlySet<string>): boolean {
  const used = Object.keys(record).map((name) => name.toLowerCase()).filter((name) => names.has(name))
  return new Set(used).size === used.length
}

function readDocument (text: string): JsonRecord {
  const cursor = { text, at: 0, values: 0 }
  skipSpace(cursor)
  if (text[cursor.at] !== '{') throw malformed()
  const record = readObject(cursor, 1)
  skipSpace(cursor)
  if (cursor.at !== text.length) throw malformed()
  return record
}

function readValue (cursor: Cursor, depth: number): unknown {
  cursor.values += 1
  if (cursor.values > mostValues) throw malformed()
  skipSpace(cursor)
  switch (cursor.text[cursor.at]) {
    case '{': return readObject(cursor, depth)
    case '[': return readArray(cursor, depth)
    case '"': return readString(cursor)
    default: return readLiteral(cursor)
  }
}

function readObject (cursor: Cursor, depth: number): JsonRecord {
  enter(cursor, depth)
  const record: Record<string, unknown> = Object.create(null)
  if (take(cursor, '}')) return Object.freeze(record)
  do {
    skipSpace(cursor)
    if (cursor.text[cursor.at] !== '"') throw malformed()
    const name = readString(cursor)
    if (Object.hasOwn(record, name)) throw malformed()
    expect(cursor, ':')
    record[name] = readValue(cursor, depth + 1)
  } while (take(cursor, ','))
  expect(cursor, '}')
  return Object.freeze(record)
}

function readArray (cursor: Cursor, depth: number): readonly unknown[] {
  enter(cursor, depth)
  const values: unknown[] = []
  if (take(cursor, ']')) return Object.freeze(values)
  do {
    values.push(readValue(cursor, depth + 1))
  } while (take(cursor, ','))
  expect(cursor, ']')
  return Object.freeze(values)
}

/** Finds the end of a string; escapes and forbidden characters are left to `JSON.parse`. */
function readString (cursor: Cursor): string {
  const { text, at: start } = cursor
  let end = start + 1
  while (text[end] !== '"') {
    if (end >= text.length) throw malformed()
    end += text[end] === '\\' ? 2 : 1
  }
  cursor.at = end + 1
  return JSON.parse(text.slice(start, cursor.at))
}

// Sticky: looks where `lastIndex` says, and nowhere else.
const literal = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

function readLiteral (cursor: Cursor): unknown {
  literal.lastIndex = cursor.at
  const found = literal.exec(cursor.text)
  if (found === null) throw malformed()
  cursor.at = literal.lastIndex
  return JSON.parse(found[0])
}

/** Steps over the bracket that opens an object or array. */
function enter (cursor: Cursor, depth: number): void {
  if (depth > deepest) throw malformed()
  cursor.at += 1
}

function expect (cursor: Cursor, sign: string): void {
  if (!take(cursor, sign)) throw malformed()
}

function take (cursor: Cursor, sign: string): boolean {
  skipSpace(cursor)
  if (cursor.text[cursor.at] !== sign) return false
  cursor.at += 1
  return true
}

function skipSpace (cursor: Cursor): void {
  while (isSpace(cursor.text.charCodeAt(cursor.at))) cursor.at += 1
}

function isSpace (unit: number): boolean {
  return unit === 0x20 || unit === 0x0A || unit === 0x0D || unit === 0x09
}

function malformed (): Error {
  return new SyntaxError('JSON')
}
