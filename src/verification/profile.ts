import { isGuestUpn } from './member.ts'
import type { Profile } from './types.ts'

/** Code points of a name: people have shorter ones, and sessions and pages hold them (abuse case S15). */
const longest = 200

// Controls (NUL among them, which PostgreSQL refuses, E20), lone surrogates, line breaks, and what reverses the text around it.
const unfit = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/**
 * What the profile claims say, fit to be shown and stored. Nothing here is proven, and nothing is decided by it.
 *
 * The name that a directory makes up for a guest (`grace_fabrikam.example#EXT#@contoso.onmicrosoft.com`) is left out:
 * nobody knows themselves by it, and it looks like an address and is none (abuse case E08).
 */
export function profileOf (claims: Readonly<Record<string, unknown>>): Profile {
  return Object.freeze({
    displayName: readText(claims, 'name'),
    givenName: readText(claims, 'given_name'),
    familyName: readText(claims, 'family_name'),
    preferredUsername: readText(claims, 'preferred_username')
  })
}

function readText (claims: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = Object.hasOwn(claims, name) ? claims[name] : null
  if (typeof value !== 'string') return null
  const text = Array.from(value.replace(unfit, '').trim()).slice(0, longest).join('').trimEnd()
  return text === '' || isGuestUpn(text) ? null : text
}
