/**
 * The other spellings of a redirect URL that people register by mistake: with or without a slash at the end, the other
 * scheme, the other name of this machine, small letters. Microsoft compares character by character.
 */
export function spellingsOf (redirectUri: string): readonly string[] {
  const spellings = [
    redirectUri.endsWith('/') ? redirectUri.slice(0, -1) : `${redirectUri}/`,
    redirectUri.startsWith('https:') ? redirectUri.replace('https:', 'http:') : redirectUri.replace('http:', 'https:'),
    redirectUri.replace('//localhost', '//127.0.0.1'),
    redirectUri.replace('//127.0.0.1', '//localhost'),
    redirectUri.replace('//www.', '//'),
    redirectUri.replace(/\/\/(?!www\.|localhost|127\.)/, '//www.'),
    redirectUri.toLowerCase()
  ]
  return [...new Set(spellings)].filter((spelling) => spelling !== redirectUri)
}
