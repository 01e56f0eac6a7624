import { type JsonSchema, objectOf } from './describe.ts'

/** What several routes take or give. */

export const text: JsonSchema = { type: 'string' }
export const flag: JsonSchema = { type: 'boolean' }
export const guid: JsonSchema = { type: 'string', format: 'uuid' }
export const time: JsonSchema = { type: 'integer', description: 'Milliseconds since 1970.' }
export const url: JsonSchema = { type: 'string', description: 'An absolute URL: the page sends its browser there.' }

/** The same, or `null`. */
export function orNull (schema: JsonSchema): JsonSchema {
  return { ...schema, type: [schema.type, 'null'] }
}

/** Where a browser is sent afterwards. */
export const returnTo: JsonSchema = { type: 'string', maxLength: 2048, description: 'Where the browser ends: a path of the application, or what option `allowedRedirectUrls` allows.' }

/** For clients that send neither `Sec-Fetch-Site` nor `Origin`. */
export const csrfToken: JsonSchema = { type: 'string', description: 'The token that the session or the code was shown with; the header `x-csrf-token` does as well. Browsers need none.' }

/** How far an address can be trusted. */
export const email: JsonSchema = objectOf({
  address: text,
  score: { type: 'integer', minimum: 0, maximum: 100 },
  verified: { type: 'boolean', description: 'Whether the score reaches option `threshold`.' }
})

/** What a link to Microsoft may ask for. */
export const hints: Readonly<Record<string, JsonSchema>> = {
  provider: { type: 'string', enum: ['MicrosoftOAuth'], description: 'The only one there is.' },
  login_hint: { type: 'string', maxLength: 1024, description: 'Fills in the account name at Microsoft.' },
  domain_hint: { type: 'string', maxLength: 254, description: '`organizations`, `consumers` or a domain name.' },
  prompt: { type: 'string', enum: ['login', 'none', 'consent', 'select_account'] },
  max_age: { type: 'integer', minimum: 0, maximum: 99_999_999, description: 'How long ago the person may have shown Microsoft who they are, in seconds.' },
  ui_locales: { type: 'string', description: 'Languages of Microsoft\'s pages, separated by spaces; each in option `uiLocales`.' },
  provider_scopes: { type: 'string', description: 'Further scopes, separated by spaces; each in option `scopes` or `allowedScopes`.' }
}
