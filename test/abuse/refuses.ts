import type { TokenResponse } from '../../plugins/simulator.ts'
import { isRefused, type Refusal, tries } from './trial.ts'
import { type Setting, startWorld } from './world.ts'

/** Token answers that are changed on their way, by what is wrong with them. */
export type Changes = Readonly<Record<string, (response: TokenResponse) => TokenResponse | Promise<TokenResponse>>>

interface RefusesSetting extends Setting {
  readonly code?: Refusal['code']
  /** Who signs in. Default: `pat`, with a personal account. */
  readonly account?: string
}

/** Each of these token answers must be refused, to somebody who could sign in with the genuine one. */
export function refuses (id: string, rule: string, changes: Changes, { code = 'invalid_token', account = 'pat', ...setting }: RefusesSetting = {}): void {
  tries(id, rule, async (t, engine) => {
    const world = await startWorld(t, engine, setting)
    for (const [title, answer] of Object.entries(changes)) {
      await isRefused(t, world, title, { code, attempt: 'used' }, async () => await world.signIn(account, { answer }))
    }
    t.equal((await world.signIn(account)).statusCode, 303, 'control: the genuine token signs in')
  })
}
