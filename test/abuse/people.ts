import { type Answer, seen, sessionIn } from '../plugins/session-cookie.ts'
import { withClaims } from './forge.ts'
import type { SignInOptions, World } from './world.ts'

/** The address of `ada`, who is signed in to most attacked sites: it is her verified identifier. */
export const ada = 'ada@contoso.example'

/** Somebody who is signed in, as the site tells them. */
export interface Person {
  readonly id: string
  readonly email: { readonly canonical: string, readonly verified: boolean, readonly score: number } | null
}

/** Who an answer has signed in. */
export async function me (world: Pick<World, 'app'>, response: Answer): Promise<Person> {
  return (await seen(world, sessionIn(response))).json() as Person
}

/** All that is the victim's. */
export async function victims ({ app, victim }: World): Promise<string> {
  const { accounts } = app
  return JSON.stringify([await accounts.find(victim.id), await accounts.identities(victim.id), await accounts.emails(victim.id), (await accounts.findByEmail(ada))?.id])
}

/** How many rows a table has. */
export async function countOf (world: World, table: string): Promise<number> {
  const tables = JSON.parse(await world.rows()) as Array<[name: string, rows: unknown[]]>
  return tables.find(([name]) => name === table)![1].length
}

/** Another person of the attacker's tenant, with an address that the attacker has given them: an administrator makes up as many as they like. */
export function malloryAs (number: number, email: string): Pick<SignInOptions, 'answer'> {
  return { answer: withClaims({ email, oid: `05a075fd-720d-494c-a60d-5${String(number).padStart(11, '0')}` }) }
}
