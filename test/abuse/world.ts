import type { Agent } from 'node:http'
import type { FastifyInstance, FastifyServerOptions, LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import type { EntraOptions } from '../../plugins/fastify-entra.ts'
import type { SimulatorKitOptions, TokenResponse } from '../../plugins/simulator.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { Canaries } from '../canaries.ts'
import { httpsApp, program, type TestApp } from '../plugins/app.ts'
import type { Engine } from '../store/engines.ts'

/** A site that is attacked: somebody is signed in to it, and everything secret that passes through is known. */
export interface World extends TestApp {
  readonly canaries: Canaries
  /** Who is signed in, and must notice nothing. */
  readonly victim: { readonly id: string, readonly cookie: string }
  /** Hosts that the application has asked for something, in the order in which it did, but for the token endpoint's. */
  readonly contacted: readonly string[]
  /** How many attempts are used up. */
  readonly usedAttempts: () => Promise<number>
  /** Starts a sign-in in a browser that has nothing yet, or has the given cookies, and stops where Microsoft sends it back. */
  readonly begin: (account: string, options?: BeginOptions) => Promise<Begun>
  /** A whole sign-in. */
  readonly signIn: (account: string, options?: SignInOptions) => Promise<LightMyRequestResponse>
}

export interface BeginOptions {
  /** Query of the start route. */
  readonly query?: Readonly<Record<string, string>>
  /** A `Cookie` header to begin with. */
  readonly cookie?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface SignInOptions extends BeginOptions {
  /** Changes the answer of the token endpoint. */
  readonly answer?: (response: TokenResponse) => TokenResponse | Promise<TokenResponse>
}

/** A browser that Microsoft has sent back, and that has not gone there yet. */
export interface Begun {
  readonly start: LightMyRequestResponse
  /** Where Microsoft was asked. */
  readonly authorizationUrl: URL
  /** Cookies of the browser. */
  readonly cookie: string
  /** Where Microsoft sends it. */
  readonly callback: URL
  /** Goes there. */
  readonly finish: (url?: string, headers?: Readonly<Record<string, string>>) => Promise<LightMyRequestResponse>
}

const secrets = ['canary-secret-of-more-than-32-characters']
const clientSecret = 'canary~client~secret'

/** What a world may have that others have not. */
export interface Setting {
  readonly options?: Partial<EntraOptions>
  readonly simulator?: SimulatorKitOptions
  /** Who is signed in when the attack begins. Default: `ada`. */
  readonly victim?: string
  /** Options of Fastify's own, such as whom it believes about addresses of clients. */
  readonly server?: FastifyServerOptions
  /** What the application registers before ours. */
  readonly before?: (app: FastifyInstance) => unknown
  /** What stands between the site and Microsoft's key sets, and its token endpoint. */
  readonly wrapFetch?: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch
  readonly wrapAgent?: (agent: Agent) => Agent
  /** Changes the keys that Microsoft publishes; of one can be made many. */
  readonly publish?: (key: Record<string, unknown>) => Record<string, unknown> | Array<Record<string, unknown>>
}

/** Starts a site on one engine, with its victim. The options are those in which most can go wrong. */
export async function startWorld (t: Pick<Test, 'teardown'>, engine: Engine, { options, simulator, victim = 'ada', server, before, wrapFetch = (fetch) => fetch, wrapAgent, publish }: Setting = {}): Promise<World> {
  const contacted: string[] = []
  const canaries = new Canaries()
  const test = await httpsApp(t, {
    secrets, database: await engine.newLocation(t), use_email_as_identifier: true, allow_email_account_merge: true, rateLimit: false, ...options
  }, {
    simulator: { clientSecret, redirectUris: ['https://app.example/auth/microsoft/callback'], ...simulator },
    ...(server !== undefined && { server }),
    ...(before !== undefined && { before }),
    ...(wrapAgent !== undefined && { wrapAgent }),
    wrapFetch: (fetch) => async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input)
      contacted.push(url.host)
      const answer = await wrapFetch(fetch)(input, init)
      if (publish === undefined || !url.pathname.endsWith('/keys')) return answer
      const { keys } = await answer.json() as { keys: Array<Record<string, unknown>> }
      return Response.json({ keys: keys.flatMap(publish) })
    }
  })
  canaries.add(...secrets, clientSecret)
  const answers: Answers = new Map()
  note(test, canaries, answers)
  const { cookie } = await test.simulator.signIn(test.app, victim)
  canaries.add(...cookie.split('; ').map((one) => one.split('=').slice(1).join('=')))
  const { id } = (await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json() as { id: string }

  const world: World = {
    ...test,
    canaries,
    contacted,
    victim: { id, cookie },
    usedAttempts: async () => await signInOf(test.app).database.run(async (db) => (await db.selectFrom('used_attempts').selectAll().execute()).length),
    begin: async (account, given = {}) => await begin(test, canaries, account, given),
    signIn: async (account, { answer = same, ...given } = {}) => {
      const begun = await begin(test, canaries, account, given)
      // Of this sign-in and of no other: several are under way at once.
      answers.set(begun.authorizationUrl.searchParams.get('nonce'), answer)
      note(test, canaries, answers)
      return await begun.finish()
    }
  }
  return world
}

const same = (response: TokenResponse): TokenResponse => response

/** How the token answers of sign-ins are changed, by the nonce of each. */
type Answers = Map<unknown, NonNullable<SignInOptions['answer']>>

/** Changes token answers from now on, and notes what is secret in them. */
function note ({ simulator }: TestApp, canaries: Canaries, answers: Answers): void {
  simulator.setTokenResponseHook(async (response) => {
    const { nonce } = JSON.parse(Buffer.from(String(response.id_token).split('.')[1] ?? '', 'base64url').toString() || '{}') as { nonce?: string }
    const changed = await (answers.get(nonce) ?? same)(response)
    for (const token of [response, changed].flatMap((one) => [one.id_token, one.access_token, one.refresh_token])) {
      if (typeof token === 'string') canaries.add(token, ...token.split('.'))
    }
    return changed
  })
}

async function begin ({ app, simulator }: TestApp, canaries: Canaries, account: string, { query = {}, cookie = '', headers = program }: BeginOptions): Promise<Begun> {
  const start = await app.inject({ url: '/auth/microsoft/login', query: { ...query }, headers: { ...headers, ...(cookie === '' ? {} : { cookie }) } })
  const authorizationUrl = new URL(start.headers.location!)
  const attempt = [start.headers['set-cookie'] ?? []].flat().map((one) => one.split(';')[0]!)
  const cookies = [...(cookie === '' ? [] : [cookie]), ...attempt].join('; ')
  canaries.add(...['state', 'nonce', 'code_challenge'].map((name) => authorizationUrl.searchParams.get(name)), ...attempt.map((one) => one.split('=').slice(1).join('=')))
  const answer = await simulator.fetch(authorizationUrl, { method: 'POST', body: new URLSearchParams({ simulator_account: account }), redirect: 'manual' })
  const callback = new URL(answer.headers.get('location')!)
  canaries.add(callback.searchParams.get('code'))
  return {
    start,
    authorizationUrl,
    cookie: cookies,
    callback,
    finish: async (url = callback.pathname + callback.search, more = {}) => await app.inject({ url, headers: { ...headers, cookie: cookies, ...more } })
  }
}
