import { loginHintOf } from './login-hint.ts'
import type { Account, Claims, PersonSession } from './types.ts'

/** What a token says about the person's session at Microsoft, where the registration asks for it: each is an optional claim. */
export function sessionClaims (account: Account, { sid, authenticatedAt }: PersonSession, asked: ReadonlySet<string>): Claims {
  const all = { sid, auth_time: Math.floor(authenticatedAt / 1_000), login_hint: loginHintOf(account) }
  return Object.fromEntries(Object.entries(all).filter(([name]) => asked.has(name)))
}
