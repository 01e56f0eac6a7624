import type { FastifyReply } from 'fastify'
import type { PageName, PageViews } from '../src/pages/renderer.ts'
import { signInOf } from './sign-in.ts'

/** What else a page needs. */
export interface PageNeeds {
  /** Other origins that its forms may lead to. */
  readonly formTargets?: readonly string[]
  /** Languages that an app asks for, by `ui_locales`. */
  readonly uiLocales?: unknown
}

/** Sends a page of ours in the language of whoever asks, with the policy that keeps scripts and frames out. */
export function sendPage<Name extends PageName> (reply: FastifyReply, name: Name, view: PageViews[Name], { formTargets, uiLocales }: PageNeeds = {}): FastifyReply {
  const { renderer } = signInOf(reply.server)
  const language = renderer.languageFor({ acceptLanguage: reply.request.headers['accept-language'], uiLocales })
  const { document, policy } = renderer.render(name, view, { language, formTargets })
  return sendDocument(reply, document, policy)
}

/** Sends a whole document, with its policy. */
export function sendDocument (reply: FastifyReply, document: string, policy: string): FastifyReply {
  return reply
    .header('content-security-policy', policy)
    .header('x-content-type-options', 'nosniff')
    .type('text/html; charset=utf-8')
    .send(document)
}
