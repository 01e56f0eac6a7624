/**
 * Whether the claim `xms_edov` says that Microsoft vouches for the address: the encodings of *true* that Microsoft has
 * been seen to emit, and no others: a real token of a personal account carries the string "1" (abuse case E02).
 *
 * @param isStrict - Option `strictEdov`: the boolean alone.
 */
export function isTrueEdov (edov: unknown, isStrict: boolean = false): boolean {
  return edov === true || (!isStrict && (edov === 'true' || edov === '1'))
}
