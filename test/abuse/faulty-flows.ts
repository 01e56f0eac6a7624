import type { LightMyRequestResponse } from 'fastify'
import type { EntraOptions } from '../../plugins/fastify-entra.ts'
import { program } from '../plugins/app.ts'
import { seen } from '../plugins/session-cookie.ts'
import { createPopulation } from '../servers/population.ts'
import type { World } from './world.ts'

/** Something that a person does, of which a statement fails. */
export interface Flow {
  readonly title: string
  readonly options?: Partial<EntraOptions>
  /** How many statements it has at the least: fewer, and something is not tried. */
  readonly atLeast: number
  /** Whether the same request is the same deed once more, and no second one. */
  readonly mayRepeat?: boolean
  /** Does all that comes before, for people whom nobody else is. */
  readonly prepare: (world: World, number: number) => Promise<Deed>
}

/** What is done while a statement fails. */
export interface Deed {
  readonly run: () => Promise<LightMyRequestResponse>
  /** Whether it is done, as far as anybody can see from outside. */
  readonly isDone: (answer: LightMyRequestResponse) => Promise<boolean>
  /** The person tries once more, from the start, and it works. */
  readonly retry: () => Promise<boolean>
}

const numbers = { vouched: 200, unproven: 200, twins: 200, extras: 200 } as const
/** The people at Microsoft. */
export const population = createPopulation(numbers)

const ownScript = { ...program, origin: 'https://app.example' }

/** Cookies after an answer: those before, but for what it sets and clears. */
export function cookiesAfter (cookie: string, ...answers: LightMyRequestResponse[]): string {
  const jar = new Map(cookie.split('; ').filter((one) => one !== '').map((one) => [one.split('=')[0]!, one]))
  for (const one of answers.flatMap(({ headers }) => [headers['set-cookie'] ?? []].flat())) {
    const pair = one.split(';')[0]!
    jar.delete(pair.split('=')[0]!)
    if (!pair.endsWith('=')) jar.set(pair.split('=')[0]!, pair)
  }
  return [...jar.values()].join('; ')
}

/** Who is signed in by these cookies; `null` where nobody is. */
export async function userOf (world: World, cookie: string): Promise<string | null> {
  const answer = await seen(world, cookie)
  return answer.statusCode === 200 ? (answer.json() as { id: string }).id : null
}

/** Signs in, and gives the cookies. */
export async function enter (world: World, account: string): Promise<string> {
  const answer = await world.signIn(account)
  if (answer.statusCode !== 303) throw new Error(`${account}: ${answer.body}`)
  return cookiesAfter('', answer)
}

const post = async ({ app }: World, url: string, cookie: string, payload: object = {}) => await app.inject({ method: 'POST', url, headers: { ...ownScript, cookie }, payload })
/** Who comes back from Microsoft, before the answer is looked at. */
const signsIn = (account: (number: number) => string, before: (world: World, number: number) => Promise<unknown> = async () => {}): Flow['prepare'] => async (world, number) => {
  await before(world, number)
  const begun = await world.begin(account(number))
  return {
    run: async () => await begun.finish(),
    isDone: async (answer) => await userOf(world, cookiesAfter('', answer)) !== null,
    retry: async () => await userOf(world, await enter(world, account(number))) !== null
  }
}

const vouched = (number: number): string => `vouched-${number}`
const unproven = (number: number): string => `unproven-${number}`
const extra = (number: number): string => `extra-${number}`

const withCode = { use_email_as_identifier: true, verify_email: true }

/** Comes back from Microsoft, and is asked for a code. */
async function askedForCode (world: World, account: string): Promise<string> {
  const begun = await world.begin(account)
  const answer = await begun.finish()
  if (answer.headers.location !== '/auth/code') throw new Error(`${account}: ${answer.statusCode} ${String(answer.headers.location)} ${answer.body}`)
  return cookiesAfter(begun.cookie, answer)
}

const newestCode = ({ simulator }: World): string => /\b\d{6}\b/.exec(simulator.mails[0]!.text)![0]
const isAsked = async ({ app }: World, cookie: string): Promise<boolean> => (await app.inject({ url: '/auth/code', headers: { ...program, cookie } })).statusCode === 200

/** Everything that a person does here. */
export const flows: readonly Flow[] = [
  { title: 'a first sign-in', atLeast: 12, prepare: signsIn(vouched) },
  { title: 'a sign-in', atLeast: 8, prepare: signsIn(vouched, async (world, number) => await enter(world, vouched(number))) },
  {
    title: 'a sign-in that joins accounts',
    options: { use_email_as_identifier: true, allow_email_account_merge: true },
    atLeast: 12,
    prepare: signsIn((number) => `twin-${number}`, async (world, number) => await enter(world, vouched(number)))
  },
  {
    title: 'a sign-in over another session, with tokens to be kept',
    options: { keepTokens: true, maxSessionsPerUser: 1 },
    atLeast: 12,
    prepare: async (world, number) => {
      const cookie = await enter(world, vouched(number))
      const begun = await world.begin(vouched(number), { cookie })
      return {
        run: async () => await begun.finish(),
        isDone: async (answer) => await userOf(world, cookiesAfter('', answer)) !== null,
        retry: async () => await userOf(world, await enter(world, vouched(number))) !== null
      }
    }
  },
  {
    title: 'a sign-in as far as the code',
    options: withCode,
    atLeast: 8,
    prepare: async (world, number) => {
      const begun = await world.begin(unproven(number))
      return {
        run: async () => await begun.finish(),
        isDone: async (answer) => await isAsked(world, cookiesAfter('', answer)),
        retry: async () => await isAsked(world, await askedForCode(world, unproven(number)))
      }
    }
  },
  {
    title: 'the code of a sign-in',
    options: withCode,
    atLeast: 12,
    prepare: async (world, number) => {
      const cookie = await askedForCode(world, unproven(number))
      const code = newestCode(world)
      return {
        run: async () => await post(world, '/auth/code', cookie, { code }),
        isDone: async (answer) => await userOf(world, cookiesAfter('', answer)) !== null,
        retry: async () => {
          const begun = await world.begin(unproven(number))
          const answer = await begun.finish()
          if (answer.headers.location !== '/auth/code') return await userOf(world, cookiesAfter('', answer)) !== null
          const again = await post(world, '/auth/code', cookiesAfter('', answer), { code: newestCode(world) })
          return await userOf(world, cookiesAfter('', again)) !== null
        }
      }
    }
  },
  {
    title: 'another code',
    options: withCode,
    atLeast: 4,
    mayRepeat: true,
    prepare: async (world, number) => {
      const cookie = await askedForCode(world, unproven(number))
      const resend = async () => await post(world, '/auth/code/resend', cookie)
      return {
        run: resend,
        isDone: async () => await isAsked(world, cookie),
        retry: async () => {
          if ((await resend()).statusCode >= 400) return false
          const answer = await post(world, '/auth/code', cookie, { code: newestCode(world) })
          return await userOf(world, cookiesAfter('', answer)) !== null
        }
      }
    }
  },
  {
    title: 'a link by hand',
    atLeast: 10,
    prepare: async (world, number) => {
      const cookie = await enter(world, vouched(number))
      const userId = await userOf(world, cookie)
      const atMicrosoft = async (): Promise<() => Promise<LightMyRequestResponse>> => {
        const start = await post(world, '/auth/microsoft/link', cookie)
        const picked = await world.simulator.fetch((start.json() as { url: string }).url, { method: 'POST', body: new URLSearchParams({ simulator_account: extra(number) }), redirect: 'manual' })
        const { pathname, search } = new URL(picked.headers.get('location')!)
        return async () => await world.app.inject({ url: pathname + search, headers: { ...program, cookie: cookiesAfter(cookie, start) } })
      }
      const run = await atMicrosoft()
      const isDone = async (): Promise<boolean> => await userOf(world, await enter(world, extra(number))) === userId
      return {
        run,
        isDone,
        retry: async () => {
          await (await atMicrosoft())()
          return await isDone() && await userOf(world, cookie) === userId
        }
      }
    }
  },
  {
    title: 'an identity that is taken off',
    atLeast: 8,
    mayRepeat: true,
    prepare: async (world, number) => {
      const { cookie } = await world.simulator.signIn(world.app, vouched(number))
      await world.simulator.link(world.app, extra(number), { cookie })
      const userId = await userOf(world, cookie)
      const { tid, oid } = population.extras[number]!
      const unlink = async () => await post(world, '/auth/microsoft/unlink', cookie, { tid, oid })
      const isDone = async (): Promise<boolean> => (await world.app.accounts.identities(userId!)).length === 1
      return {
        run: unlink,
        isDone,
        retry: async () => {
          await unlink()
          return await isDone() && await userOf(world, cookie) === userId
        }
      }
    }
  },
  {
    title: 'a sign-out',
    atLeast: 2,
    mayRepeat: true,
    prepare: async (world, number) => {
      const cookie = await enter(world, vouched(number))
      const signOut = async () => await post(world, '/auth/logout', cookie)
      const isDone = async (): Promise<boolean> => await userOf(world, cookie) === null
      return { run: signOut, isDone, retry: async () => (await signOut()).statusCode === 204 && await isDone() }
    }
  },
  {
    title: 'the end of all sessions',
    atLeast: 3,
    mayRepeat: true,
    prepare: async (world, number) => {
      const cookies = [await enter(world, vouched(number)), await enter(world, vouched(number))]
      const signOut = async () => await post(world, '/auth/sessions/end-all', cookies[0]!)
      const isDone = async (): Promise<boolean> => (await Promise.all(cookies.map(async (cookie) => await userOf(world, cookie)))).every((id) => id === null)
      return {
        run: signOut,
        isDone,
        retry: async () => {
          // Redis has no transaction over keys: where the own session has ended already, the others need not have. Who signs in again can end them.
          if ((await signOut()).statusCode === 204) return await isDone()
          const again = await enter(world, vouched(number))
          return (await post(world, '/auth/sessions/end-all', again)).statusCode === 204 && await isDone()
        }
      }
    }
  },
  {
    title: 'a page that asks Microsoft for something in the person\'s name',
    options: { keepTokens: true },
    atLeast: 3,
    mayRepeat: true,
    prepare: async (world, number) => {
      const cookie = await enter(world, vouched(number))
      const ask = async () => await world.app.inject({ url: '/token', headers: { ...program, cookie } })
      return {
        run: ask,
        isDone: async (answer) => answer.statusCode === 200,
        retry: async () => {
          // Who was told that the turn to refresh was not taken, although it was, holds it until it runs out.
          world.clock.now += 60_000
          return (await ask()).statusCode === 200
        }
      }
    }
  },
  {
    title: 'a page for those who are signed in',
    atLeast: 1,
    mayRepeat: true,
    prepare: async (world, number) => {
      const cookie = await enter(world, vouched(number))
      world.clock.now += 60_000
      const look = async () => await seen(world, cookie)
      return { run: look, isDone: async (answer) => answer.statusCode === 200, retry: async () => (await look()).statusCode === 200 }
    }
  }
]
