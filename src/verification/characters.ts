/**
 * Characters that nobody sees, or that are no characters: controls, formats
 * (bidirectional ones among them), spaces and separators, what a renderer may
 * leave out (variation selectors, fillers), private, unassigned and lone
 * surrogates. Two texts that look alike must not be two addresses (abuse case E17).
 */
export const unseen: RegExp = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u

/**
 * Lower-cases A to Z and nothing else: `toLowerCase` also turns the Kelvin
 * sign into `k`, and so one mailbox into somebody else's.
 */
export function lowerAscii (text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
