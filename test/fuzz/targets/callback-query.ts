import fc from 'fast-check'
import { navigation, program } from '../../plugins/app.ts'
import type { Target } from '../fuzz.ts'
import { encoded, octets, rarely, text } from '../inputs.ts'
import { canSignIn, judge, startSite } from '../site.ts'

/** Parameters of Microsoft's answer, and others that somebody may add. */
const names = ['state', 'code', 'error', 'error_description', 'iss', 'id_token', 'access_token', 'session_state', 'client_info', 'error_uri', 'admin_consent', 'tenant', '__proto__', 'state[]', 'code[0]', 'constructor']

/** `<state>` stands for the state of an attempt of this browser. */
const stateOrSo = fc.oneof({ weight: 6, arbitrary: fc.constant('<state>') }, { weight: 1, arbitrary: fc.constantFrom('<state>x', 'x<state>', '<state>\0', '<state>=', 'A'.repeat(43)) }, { weight: 1, arbitrary: text })
const errorOrSo = fc.oneof(fc.constantFrom('access_denied', 'interaction_required', 'login_required', 'consent_required', 'server_error', 'temporarily_unavailable', '__proto__', 'toString', ''), text)
const descriptionOrSo = fc.oneof(text, fc.tuple(fc.nat(99_999_999), text).map(([number, rest]) => `AADSTS${number}: ${rest} Correlation ID: 11111111-2222-3333-4444-555555555555`), fc.constantFrom(`AADSTS${'9'.repeat(3_000)}`, 'AADSTS50105: x', 'AADSTS65004', 'AADSTS-1', `Correlation ID: ${'a-'.repeat(3_000)}`))
const issuerOrSo = fc.oneof(text, fc.constantFrom('https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0', 'https://login.microsoftonline.com/common/v2.0', 'https://evil.example', 'https://login.microsoftonline.com/{tenantid}/v2.0'))

const ofName: Readonly<Record<string, fc.Arbitrary<string>>> = { state: stateOrSo, error: errorOrSo, error_description: descriptionOrSo, iss: issuerOrSo }
const pair = fc.oneof({ weight: 2, arbitrary: fc.constantFrom('code', 'error', 'error_description', 'iss') }, { weight: 2, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: text }).chain((name) => fc.tuple(fc.constant(name), Object.hasOwn(ofName, name) ? ofName[name]! : text))

/** Mostly something about the state, since nothing is looked at without it. */
export const pairs: fc.Arbitrary<Array<[string, string]>> = fc.tuple(fc.option(stateOrSo, { freq: 8, nil: null }), fc.array(pair, { maxLength: 5 }))
  .map(([state, others]) => [...(state === null ? [] : [['state', state] as [string, string]]), ...others])

interface Input {
  readonly pairs: ReadonlyArray<readonly [string, string]>
  /** Behind them, as it is. */
  readonly raw: string
  readonly asPage: boolean
  readonly withCookie: boolean
}

export const callbackQuery: Target<Input> = {
  name: 'callback-query',
  rule: 'whatever the address of a callback says, it is refused in a known way, and no session and no row comes of it',
  input: fc.record({ pairs, raw: rarely(3, octets, ''), asPage: fc.boolean(), withCookie: fc.nat(9).map((one) => one > 0) }),
  reaches: ['400 invalid_state', '400 invalid_request', '403 access_denied', '303 /auth/error access_denied', '303 /auth/error invalid_state', '401 interaction_required', '401 invalid_token', '502 provider_error', '503 provider_unavailable'],
  open: async (owner) => {
    const site = await startSite(owner)
    return {
      attempt: async ({ pairs, raw, asPage, withCookie }) => {
        const { state, cookie } = await site.attempt()
        const before = await site.writes()
        const query = pairs.map(([name, value]) => `${encoded(name)}=${encoded(value.replaceAll('<state>', state))}`).join('&') + asQuery(raw)
        const headers = { ...asPage ? navigation : program, ...withCookie ? { cookie } : {} }
        return await judge(site, before, await site.app.inject({ url: `/auth/microsoft/callback?${query}`, headers }))
      },
      control: async () => await canSignIn(site)
    }
  }
}

/** What a client can write into a request line. */
function asQuery (raw: string): string {
  return raw.replace(/[^\x21-\x7e]/g, (one) => `%${one.charCodeAt(0).toString(16).padStart(2, '0')}`).replaceAll('#', '%').slice(0, 6_000)
}
