import type { FastifyReply } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import { addTo, wishOf } from '../../src/identity/consent.ts'
import { isClaimable, placeOf } from '../../src/identity/redirect-host.ts'
import { wantedScopes } from '../../src/identity/scopes.ts'
import type { ClientRecord } from '../../src/identity/types.ts'
import { formTargetOf } from '../../src/pages/form-target.ts'
import { fieldOf, requireOwnRequest } from '../own-posts.ts'
import { sendPage } from '../send-page.ts'
import { impliedConsent } from './configuration.ts'
import type { Owner } from './owners.ts'
import { nameOf } from './pages.ts'
import type { Parts } from './parts.ts'
import { finish, type Question } from './question.ts'

/** Asks a person whether an app may know who they are, unless that is decided already. */
export async function askConsent (parts: Parts, question: Question): Promise<FastifyReply> {
  const { signIn, findClient } = parts
  const { request, reply, interaction: { params, prompt } } = question
  const owner = await ownerOf(parts, question)
  const client = await findClient(String(params.client_id))
  if (client === null) throw refuse('invalid_request', 'client_gone')
  if (isDecided(client, params, prompt.reasons)) return await finish(question, { consent: {} })

  const redirectUrl = String(params.redirect_uri)
  const { scopes, claims } = wishOf(params)
  return sendPage(reply, 'consent', {
    appName: client.name,
    appUrl: client.url,
    returnsTo: placeOf(redirectUrl),
    person: nameOf(owner.user),
    wanted: wantedScopes(scopes, claims),
    action: request.url,
    csrfToken: signIn.csrfTokenOf!(request)
  }, { formTargets: [formTargetOf(redirectUrl)], uiLocales: params.ui_locales })
}

/**
 * Whether nobody needs to be asked: the operator's own app, or one that asks for nothing new and has not asked for the
 * page. Where anybody on the device may wait for the answer, somebody is always asked.
 */
function isDecided ({ type, firstParty }: ClientRecord, params: Question['interaction']['params'], reasons: readonly string[]): boolean {
  if (type === 'native' && isClaimable(String(params.redirect_uri))) return false
  return firstParty || (params[impliedConsent] === '1' && reasons.every((reason) => reason === 'consent_prompt'))
}

/** Takes the answer, from our own page and from whoever was asked. */
export async function answerConsent (parts: Parts, question: Question): Promise<FastifyReply> {
  const { signIn: { isCsrfToken, config: { environment } }, consents, project } = parts
  const { request, interaction: { params } } = question
  requireOwnRequest(request, (token) => isCsrfToken!(request, token))
  const { userId } = await ownerOf(parts, question)
  const answer = fieldOf(request, 'answer')
  if (answer === 'deny') return await finish(question, { error: 'access_denied', error_description: 'the person has refused' })
  if (answer !== 'allow') throw refuse('invalid_request', 'unknown_answer')

  const clientId = String(params.client_id)
  const before = await consents.find(project.name, userId, clientId)
  await consents.put(project.name, userId, addTo(before, clientId, wishOf(params), environment.now()))
  return await finish(question, { consent: {} })
}

/** Who was asked is who is signed in now. */
async function ownerOf ({ owners }: Parts, { request, interaction: { session } }: Question): Promise<Owner> {
  const owner = await owners.ownerOf(request)
  if (owner === null || owner.userId !== session!.accountId) throw refuse('session_mismatch', 'interaction_of_another_user')
  return owner
}
