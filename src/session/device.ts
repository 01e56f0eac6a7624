import Bowser from 'bowser'

/** The longest `User-Agent` that is looked at, in UTF-16 units: what a stranger sends must not cost much. */
const longest = 512

/**
 * Roughly what a browser is, so that a person knows their devices apart:
 * 'Firefox on Windows'. Nothing finer: it shall not identify anybody.
 *
 * @param userAgent - The header, where there was one.
 * @returns `null` where nothing is recognised.
 */
export function deviceOf (userAgent: string | undefined): string | null {
  if (userAgent === undefined || userAgent.trim() === '') return null
  const { browser, os } = Bowser.parse(userAgent.slice(0, longest))
  const parts = [browser.name, os.name].filter((name) => name !== undefined && name !== '')
  return parts.length === 0 ? null : parts.join(' on ')
}
