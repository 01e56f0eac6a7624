import fc from 'fast-check'
import { navigation, program } from '../../plugins/app.ts'
import type { Target } from '../fuzz.ts'
import { encoded, rarely, text } from '../inputs.ts'
import { canSignIn, judge, startSite } from '../site.ts'

interface Input {
  readonly pairs: ReadonlyArray<readonly [string, string]>
  readonly fetchHeaders: Readonly<Record<string, string>>
  readonly asPage: boolean
}

const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('return_to', 'provider', 'provider_scopes', 'ui_locales', 'login_hint', 'domain_hint', 'prompt', 'max_age') },
  { weight: 2, arbitrary: fc.constantFrom('client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state', 'nonce', 'code_challenge', 'resource', 'claims', 'request', 'request_uri', 'return_to[]', '__proto__') },
  { weight: 1, arbitrary: text }
)
const one = fc.oneof({ weight: 2, arbitrary: fc.constantFrom('/a', '/', '//evil.example', 'https://a.example/x', 'MicrosoftOAuth', 'User.Read', 'user.read, openid', 'Mail.ReadWrite', 'de', 'DE en', 'ada@contoso.example', 'organizations', 'contoso.example', 'none', 'login', '0', '99999999', '-1', 'evil') }, { weight: 1, arbitrary: text })

export const start: Target<Input> = {
  name: 'start',
  rule: 'whatever a link to the start asks for, Microsoft is asked for what the options allow, or nobody',
  input: fc.record({
    pairs: fc.array(fc.tuple(name, one), { maxLength: 5 }),
    fetchHeaders: rarely(8, fc.dictionary(fc.constantFrom('sec-fetch-mode', 'sec-fetch-dest', 'sec-fetch-site'), fc.constantFrom('navigate', 'cors', 'document', 'iframe', 'none', '')), {}),
    asPage: fc.boolean()
  }),
  reaches: ['303 login.microsoftonline.com', '400 invalid_request', '400 redirect_not_allowed', '303 /auth/error invalid_request', '303 /auth/error redirect_not_allowed'],
  open: async (owner) => {
    const site = await startSite(owner, { allowedScopes: ['User.Read'], uiLocales: ['de', 'en'], allowedRedirectUrls: ['https://a.example/**'] })
    return {
      attempt: async ({ pairs, fetchHeaders, asPage }) => {
        const before = await site.writes()
        const query = pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')
        const response = await site.app.inject({ url: `/auth/microsoft/login?${query}`, headers: { ...asPage ? navigation : program, ...fetchHeaders } })
        const { outcome, complaints } = await judge(site, before, response)
        return { outcome, complaints: outcome === '303 login.microsoftonline.com' ? [...complaints, ...breaches(new URL(response.headers.location!), site.simulator.clientId)] : complaints }
      },
      control: async () => await canSignIn(site)
    }
  }
}

const allowedScopes = new Set(['openid', 'profile', 'email', 'user.read'])

/** What no link has a say in. */
function breaches ({ pathname, searchParams }: URL, clientId: string): string[] {
  const get = (name: string): string => searchParams.getAll(name).join('|')
  const rules: Record<string, boolean> = {
    path: pathname === '/common/oauth2/v2.0/authorize',
    client_id: get('client_id') === clientId,
    redirect_uri: get('redirect_uri') === 'https://app.example/auth/microsoft/callback',
    response_type: get('response_type') === 'code',
    response_mode: get('response_mode') === 'query',
    scope: get('scope').split(' ').every((scope) => allowedScopes.has(scope.toLowerCase())),
    state: /^[\w-]{43}$/.test(get('state')),
    nonce: /^[\w-]{43}$/.test(get('nonce')),
    code_challenge: /^[\w-]{43}$/.test(get('code_challenge')) && get('code_challenge_method') === 'S256',
    prompt: ['', 'login', 'none'].includes(get('prompt')),
    others: [...searchParams.keys()].every((name) => ['client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state', 'nonce', 'code_challenge', 'code_challenge_method', 'prompt', 'login_hint', 'domain_hint', 'max_age', 'ui_locales'].includes(name))
  }
  return Object.entries(rules).filter(([, holds]) => !holds).map(([rule]) => `asks Microsoft for another ${rule}`)
}
