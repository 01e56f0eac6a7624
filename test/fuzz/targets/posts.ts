import fc from 'fast-check'
import { navigation, program } from '../../plugins/app.ts'
import { withCodes } from '../../plugins/codes.ts'
import type { Target } from '../fuzz.ts'
import { asHeader, encoded, octets, rarely, text, value } from '../inputs.ts'
import { judge, outcomeOf, startSite } from '../site.ts'

interface Input {
  readonly route: string
  readonly type: string
  readonly body: { readonly json: unknown } | { readonly form: ReadonlyArray<readonly [string, string]> } | { readonly octets: string }
  readonly headers: Readonly<Record<string, string>>
  readonly asPage: boolean
}

/** Routes that change nothing where what they are given is wrong. */
const own = ['/auth/microsoft/link', '/auth/microsoft/unlink', '/auth/code', '/auth/code/resend', '/auth/code/cancel', '/auth/sessions/end']
/** Routes that need nothing from the body: nobody else may ask them. */
const others = ['/auth/logout', '/auth/sessions/end-all', '/auth/sessions/end-others']

const fields = fc.constantFrom('code', 'tid', 'oid', 'id', 'session', 'handle', 'return_to', 'csrf_token', '__proto__', 'constructor', 'user_id')
const member = fc.oneof(value, fc.constantFrom<unknown>('123456', '000000', 123456, '9188040d-6c67-4c5b-b112-36a304b66dad', '5f3c1a52-0d7b-4b8e-9a61-2c4d8e7f1a10', '//evil.example', '/auth/logout'))

export const posts: Target<Input> = {
  name: 'posts',
  rule: 'whatever is posted to a route that changes something, nothing is changed unless it is a genuine request',
  input: fc.record({
    route: fc.constantFrom(...own, ...others),
    type: fc.oneof({ weight: 8, arbitrary: fc.constantFrom('application/json', 'application/x-www-form-urlencoded') }, { weight: 3, arbitrary: fc.constantFrom('application/json\t', ' application/json', 'application/json garbage', 'APPLICATION/JSON ;x', 'application/json; charset=utf-16', 'text/plain', 'application/jsonp', 'multipart/form-data', '') }, { weight: 1, arbitrary: text }),
    body: fc.oneof(
      { weight: 4, arbitrary: fc.record({ json: fc.oneof({ weight: 3, arbitrary: fc.array(fc.tuple(fields, member), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs)) }, { weight: 1, arbitrary: value }) }) },
      { weight: 3, arbitrary: fc.record({ form: fc.array(fc.tuple(fields, text), { maxLength: 4 }) }) },
      { weight: 2, arbitrary: fc.record({ octets }) }
    ),
    headers: rarely(3, fc.dictionary(fc.constantFrom('origin', 'sec-fetch-site', 'x-csrf-token', 'x-requested-with', 'referer'), fc.oneof(fc.constantFrom('https://app.example', 'https://evil.example', 'null', 'same-origin', 'cross-site', 'same-site', 'none'), text)), {}),
    asPage: fc.boolean()
  }),
  reaches: ['415 invalid_request', '400 invalid_request', '403 cross_site_request', '400 otp_expired', '303 login.microsoftonline.com', '303 /auth/error cross_site_request'],
  open: async (owner) => {
    const site = await startSite(owner, { ...withCodes, mailer: async () => {} })
    return {
      attempt: async ({ route, type, body, headers, asPage }) => {
        const before = await site.writes()
        const isOwn = own.includes(route)
        const sent = Object.fromEntries(Object.entries(headers).map(([name, one]) => [name, asHeader(one)]))
        const response = await site.app.inject({
          method: 'POST',
          url: route,
          headers: { ...asPage ? navigation : program, cookie: site.victim.cookie, ...(isOwn ? { 'sec-fetch-site': 'same-origin', ...sent } : { ...sent, ...fromElsewhere }), 'content-type': asHeader(type) },
          payload: bodyOf(body)
        })
        return await judge(site, before, response)
      },
      control: async () => {
        const [me, out] = [await site.app.inject({ url: '/me', headers: { ...program, cookie: site.victim.cookie } }), await site.app.inject({ method: 'POST', url: '/auth/logout', headers: { ...program, cookie: site.victim.cookie, 'sec-fetch-site': 'same-origin' } })]
        return [me, out].map(outcomeOf).filter((outcome) => !outcome.startsWith('20') && !outcome.startsWith('303'))
      }
    }
  }
}

const fromElsewhere = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }

function bodyOf (body: Input['body']): string | Buffer {
  if ('json' in body) return JSON.stringify(body.json)
  if ('form' in body) return body.form.map(([name, one]) => `${encoded(name)}=${encoded(one)}`).join('&')
  return Buffer.from(body.octets, 'latin1')
}
