/** Everything secret that passes through a sign-in; filled while it runs. */
export class Canaries {
  readonly values = new Set<string>()

  add (...values: Array<string | null | undefined>): void {
    for (const value of values) if (value !== null && value !== undefined && value.length >= 6) this.values.add(value)
  }

  /** All cookies that a browser was given, and the id inside each. */
  addCookies (cookies: Readonly<Record<string, string>>): void {
    for (const value of Object.values(cookies)) this.add(value, ...value.split('.'))
  }

  /** Which of them a text holds, as they are or as URLs write them. */
  foundIn (text: string): string[] {
    return [...this.values].filter((value) => text.includes(value) || text.includes(encodeURIComponent(value)))
  }
}
