import type { SignIn } from '../sign-in.ts'
import type { CodeParts } from './parts.ts'

/** Row C1: the sign-in waits, and this browser is sent where the code is entered. Where the mail cannot be sent it gets no cookie. */
export function askForCode ({ challenges, cookie, codePageUrl }: CodeParts): NonNullable<SignIn['askForCode']> {
  return async function askForCodeStep (request, reply, { authorization, token }, verifiedAt) {
    const previous = cookie.idOf(request)
    // Only a verified token leads here: linking asks for codes, and links nothing else.
    const id = await challenges.begin({ authorization, token: token!, verifiedAt }, String(request.id))
    if (previous !== null) await challenges.cancel(previous)
    cookie.set(reply, id)
    return reply.redirect(codePageUrl, 303)
  }
}
