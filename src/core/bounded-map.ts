/**
 * A map that has room for so many, so that nobody can fill the memory by what is remembered of them: where it is full,
 * what was set longest ago makes room.
 */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #atMost: number

  /** @param atMost - One or more. */
  constructor (atMost: number) {
    super()
    this.#atMost = atMost
  }

  override set (key: Key, value: Value): this {
    this.delete(key)
    if (this.size >= this.#atMost) this.delete(this.keys().next().value!)
    return super.set(key, value)
  }
}

/**
 * The same function, which is not asked twice about a text while it is remembered.
 *
 * @param make - Depends on the text alone, and gives what nobody changes.
 * @param isKept - Whether a result is worth a place.
 */
export function remembering<Result> (make: (text: string) => Result, atMost: number, isKept: (result: Result) => boolean = () => true): (text: string) => Result {
  const known = new BoundedMap<string, Result>(atMost)
  return (text) => {
    const remembered = known.get(text)
    if (remembered !== undefined) return remembered
    const result = make(text)
    if (isKept(result)) known.set(text, result)
    return result
  }
}
