/** One place of a source that is changed. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string
  /** A text that the file has exactly once. */
  readonly from: string
  readonly to: string
}

/**
 * The source with the change.
 *
 * @throws where the text is not there exactly once: the mutation is of another time than the source.
 */
export function apply (source: string, { file, from, to }: Edit): string {
  const parts = source.split(from)
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times, and not once: ${from}`)
  return parts.join(to)
}

/**
 * The sources with all the changes, by file.
 *
 * @param read - Reads a source from the root of the repository.
 * @throws as {@link apply} does.
 */
export function applyAll (edits: readonly Edit[], read: (file: string) => string): ReadonlyMap<string, string> {
  const sources = new Map<string, string>()
  for (const edit of edits) sources.set(edit.file, apply(sources.get(edit.file) ?? read(edit.file), edit))
  return sources
}
