import type { FastifyReply } from 'fastify'
import { type Asked, promptFor, stateOfSignIn, unmetBy } from '../../src/identity/sign-in-question.ts'
import { type AllowedHints, readHints } from '../../src/provider/authorization-request.ts'
import { withQuery } from '../query.ts'
import type { Parts } from './parts.ts'
import { goOn, type Question } from './question.ts'

/**
 * Sends a person to sign in, at Microsoft and nowhere else, and back here; or takes note that they have. What was asked
 * for and when is kept with the question, so that a sign-in from before does not pass for the one that is wanted.
 */
export async function askSignIn ({ signIn, owners }: Parts, question: Question): Promise<FastifyReply> {
  const { request, reply, interaction } = question
  const { name, reasons, details } = interaction.prompt
  const owner = await owners.ownerOf(request)
  const state = owner === null ? 'awaited' : stateOfSignIn(reasons, (interaction.result?.asked ?? null) as Asked | null, owner)
  if (owner !== null && state !== 'awaited') {
    const unmet = state === 'too_old' ? 'login_required' : unmetBy(details, owner.userId)
    return await goOn(question, unmet === null
      ? { [name]: { accountId: owner.userId } }
      : { error: unmet, error_description: 'the sign-in is not the one that was asked for' })
  }

  const { config, enabled, signInUrl } = signIn
  // Whoever comes back need not be who was signed in: the browser is what it is bound to from here on.
  delete interaction.session
  interaction.result = { asked: { at: config.environment.now(), appSession: owner?.appSession ?? null } }
  await interaction.persist()
  const query = { return_to: request.url, prompt: promptFor(name, reasons), login_hint: hintOf(details.login_hint, config) }
  return reply.redirect(withQuery(enabled ? config.loginPath : signInUrl, query), 303)
}

/** What Microsoft could not be asked with is left out. */
function hintOf (hint: unknown, config: AllowedHints): string | null {
  try {
    return readHints({ login_hint: hint }, config).login_hint ?? null
  } catch {
    return null
  }
}
