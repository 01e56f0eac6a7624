import fc from 'fast-check'
import { takesLong } from '../patient.ts'
import { newSession, seen } from '../plugins/session-cookie.ts'
import { claimsFrom, settable } from '../verification/settable-claims.ts'
import { withClaims } from './forge.ts'
import { tries } from './trial.ts'
import { startWorld } from './world.ts'

takesLong()

// 15,000 sets of claims are tried on the score alone (test/verification/score-property.test.ts), and 100,000 by `npm run fuzz -- trust`.
tries('E25', 'no set of claims that a tenant or a person can set verifies an address', async (t, engine) => {
  const world = await startWorld(t, engine)
  const email = async (claims: Record<string, unknown>) => {
    const response = await world.signIn('mallory', { answer: withClaims(claims) })
    const cookie = newSession(response)
    return cookie === null ? response.json() as { code: string } : (await seen(world, cookie)).json() as { id: string, email: { verified: boolean, score: number } | null }
  }
  // What decides who somebody is stays as it is: other cases are about that.
  const sets = fc.sample(claimsFrom(settable.filter((name) => name !== 'sub')), { seed: 25, numRuns: 40 })
  for (const claims of sets) {
    const outcome = await email(claims)
    if ('code' in outcome) t.ok(['email_in_use', 'invalid_token'].includes(outcome.code), JSON.stringify(claims))
    else {
      t.not(outcome.id, world.victim.id, JSON.stringify(claims))
      t.ok(outcome.email === null || (!outcome.email.verified && outcome.email.score < 50), JSON.stringify(outcome.email))
    }
  }
  t.match(await email({ email: 'mallory@mallory.example', xms_edov: true }), { email: { verified: true, score: 90 } }, 'control: what Microsoft vouches for is verified')
})
