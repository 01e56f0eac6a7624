import fc from 'fast-check'
import { navigation, program } from '../../plugins/app.ts'
import { withCodes } from '../../plugins/codes.ts'
import type { Target } from '../fuzz.ts'
import { asHeader, edited, type Edits, edits, text } from '../inputs.ts'
import { judge, outcomeOf, startSite } from '../site.ts'

/** Our cookies, by what they are called here. */
const cookies = ['session', 'attempt', 'code', 'refusal', 'answer', 'session-data'] as const

type Piece =
  | { readonly of: typeof cookies[number], readonly edits: Edits, readonly as: typeof cookies[number] | null }
  | { readonly name: string, readonly value: string }

interface Input {
  readonly pieces: readonly Piece[]
  readonly separator: string
  readonly url: string
  readonly asPage: boolean
}

const piece: fc.Arbitrary<Piece> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ of: fc.constantFrom(...cookies), edits, as: fc.constantFrom(null, ...cookies) }) },
  { weight: 2, arbitrary: fc.record({ name: fc.constantFrom('__Host-entra-session', '__Host-entra-code', '__Host-entra-refusal', '__Host-entra-attempt-', '__Host-entra-attempt-__proto__', '__Host-entra-answer-x', '__proto__', 'sessionId', ''), value: text }) },
  { weight: 1, arbitrary: fc.record({ name: text, value: text }) }
)

export const cookieHeader: Target<Input> = {
  name: 'cookies',
  rule: 'whatever a browser sends for cookies, nobody is somebody else by it, and nothing is written',
  input: fc.record({
    pieces: fc.array(piece, { minLength: 1, maxLength: 12 }),
    separator: fc.constantFrom('; ', ';', '; ; ', ', '),
    url: fc.constantFrom('/me', '/public', '/auth/microsoft/callback?state=<state>&code=x', '/auth/microsoft/login', '/auth/error?error=invalid_state', '/auth/account', '/auth/sign-in', '/auth/code', '/auth/session', '/auth/sessions', '/auth/identities'),
    asPage: fc.boolean()
  }),
  reaches: ['401 unauthenticated', '200', '303 login.microsoftonline.com', '400 invalid_state', '303 /auth/error invalid_state'],
  open: async (owner) => {
    const mailer: { send?: (mail: never) => Promise<unknown> } = {}
    const site = await startSite(owner, { ...withCodes, mailer: async (mail) => { await mailer.send!(mail as never) } })
    mailer.send = site.simulator.mailer as (mail: never) => Promise<unknown>
    const waiting = await site.simulator.signIn(site.app, 'amir')
    const refused = await site.app.inject({ url: '/auth/microsoft/callback', headers: navigation })
    const first = (headers: typeof refused.headers): string => [headers['set-cookie'] ?? []].flat()[0]!.split(';')[0]!
    return {
      attempt: async ({ pieces, separator, url, asPage }) => {
        const { state, cookie: attempt } = await site.attempt()
        const genuine: Record<typeof cookies[number], string> = {
          session: site.victim.cookie,
          attempt,
          code: `__Host-entra-code=${waiting.cookies['__Host-entra-code']!}`,
          refusal: first(refused.headers),
          answer: `__Host-entra-answer-${state.slice(0, 10)}=${attempt.split('=')[1]!}`,
          'session-data': `__Host-entra-session=${attempt.split('=')[1]!}`
        }
        const before = await site.writes()
        const cookie = asHeader(pieces.map((one) => write(one, genuine)).join(separator))
        const response = await site.app.inject({ url: url.replace('<state>', state), headers: { ...asPage ? navigation : program, cookie } })
        const { outcome, complaints } = await judge(site, before, response)
        const isHers = response.body.includes(site.victim.id) || response.body.includes('ada@contoso.example')
        const isGenuine = decoded(cookie).includes(decoded(site.victim.cookie.split('=').slice(1).join('=')))
        return { outcome, complaints: isHers && !isGenuine ? [...complaints, 'it is somebody else\'s session'] : complaints }
      },
      control: async () => outcomeOf(await site.app.inject({ url: '/me', headers: { ...program, cookie: site.victim.cookie } })) === '200' ? [] : ['whoever is signed in is not any more']
    }
  }
}

function write (piece: Piece, genuine: Readonly<Record<typeof cookies[number], string>>): string {
  if ('name' in piece) return `${piece.name}=${piece.value}`
  const [name, ...value] = genuine[piece.of].split('=') as [string, ...string[]]
  const changed = edited(value.join('='), piece.edits)
  return `${piece.as === null ? name : genuine[piece.as].split('=')[0]!}=${changed}`
}

function decoded (text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (one) => String.fromCharCode(parseInt(one.slice(1), 16)))
}
