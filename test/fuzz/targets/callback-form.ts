import fc from 'fast-check'
import { navigation, program } from '../../plugins/app.ts'
import type { Target } from '../fuzz.ts'
import { asHeader, encoded, octets, rarely, text } from '../inputs.ts'
import { canSignIn, judge, outcomeOf, startSite } from '../site.ts'
import { pairs } from './callback-query.ts'

interface Input {
  readonly pairs: ReadonlyArray<readonly [string, string]>
  /** In place of the pairs, where it is not empty. */
  readonly body: string
  readonly type: string
  readonly asPage: boolean
  /** What the address says of the answer that was put away; empty for what the site says. */
  readonly kept: string
}

const type = fc.oneof(
  { weight: 12, arbitrary: fc.constant('application/x-www-form-urlencoded') },
  { weight: 2, arbitrary: fc.constantFrom('application/x-www-form-urlencoded; charset=utf-16', 'APPLICATION/X-WWW-FORM-URLENCODED ;', 'application/x-www-form-urlencoded\t', 'application/json', 'text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded garbage', '') },
  { weight: 1, arbitrary: text }
)

export const callbackForm: Target<Input> = {
  name: 'callback-form',
  rule: 'whatever a form posts to the callback, it is refused in a known way, then or by the request that follows it',
  input: fc.record({ pairs, body: rarely(5, octets, ''), type, asPage: fc.boolean(), kept: rarely(5, text, '') }),
  reaches: ['400 invalid_state', '400 invalid_request', '415 invalid_request', '303 /auth/error invalid_state', 'kept, then 401 invalid_token', 'kept, then 400 invalid_request', 'kept, then 403 access_denied', 'kept, then 502 provider_error', 'kept, then 400 invalid_state'],
  open: async (owner) => {
    const site = await startSite(owner, { responseMode: 'form_post' })
    return {
      attempt: async (input) => {
        const { state, cookie } = await site.attempt()
        const before = await site.writes()
        const headers = { ...input.asPage ? navigation : program, cookie }
        const posted = await site.app.inject({
          method: 'POST',
          url: '/auth/microsoft/callback',
          headers: { ...headers, 'sec-fetch-site': 'cross-site', 'content-type': asHeader(input.type) },
          payload: input.body === '' ? input.pairs.map(([name, value]) => `${encoded(name)}=${encoded(value.replaceAll('<state>', state))}`).join('&') : Buffer.from(input.body.replaceAll('<state>', state), 'latin1')
        })
        const outcome = await judge(site, before, posted)
        if (!outcomeOf(posted).endsWith('/finish')) return outcome
        const answer = [posted.headers['set-cookie'] ?? []].flat().map((one) => one.split(';')[0]!).join('; ')
        const url = input.kept === '' ? posted.headers.location! : `/auth/microsoft/callback/finish?attempt=${encoded(input.kept)}`
        const finished = await judge(site, before, await site.app.inject({ url, headers: { ...headers, cookie: `${cookie}; ${answer}` } }))
        return { outcome: `kept, then ${finished.outcome}`, complaints: [...outcome.complaints, ...finished.complaints] }
      },
      control: async () => await canSignIn(site)
    }
  }
}
