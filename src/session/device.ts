import Bowser from 'bowser'

/** The longest `User-Agent` that is looked at, in UTF-16 units: what a stranger sends must not cost much. */
const longest = 512

/** Names that the list is made of. Where Bowser knows no browser it takes text out of the header, and that is anybody's. */
const known = new Set([...Object.values(Bowser.BROWSER_MAP), ...Object.values(Bowser.OS_MAP)])

/**
 * Roughly what a browser is, so that a person knows their devices apart:
 * 'Firefox on Windows'. Nothing finer: it shall not identify anybody.
 *
 * @param userAgent - The header, where there was one.
 * @returns Names from a fixed list, never text from the header; `null` where nothing is recognised.
 */
export function deviceOf (userAgent: string | undefined): string | null {
  if (userAgent === undefined || userAgent.trim() === '') return null
  const parser = Bowser.getParser(userAgent.slice(0, longest), true)
  const parts = [parser.getBrowserName(), parser.getOSName()].filter((name) => known.has(name))
  return parts.length === 0 ? null : parts.join(' on ')
}
