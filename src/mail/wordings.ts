import type { MailTexts, MailWording, MailWordings, OwnWording } from './types.ts'

/** The wordings where the application has none of its own. */
export const defaultWordings: MailWordings = Object.freeze<MailWordings>({
  code: {
    subject: ({ applicationName }) => `Your code for ${applicationName}`,
    // Only the person to whom it is mailed may know the code: whoever asks for it on the telephone wants to sign in with their address.
    text: ({ applicationName, code, minutes }) => `This is your code for signing in to ${applicationName}:

${code}

It is valid for ${minutes} minutes, in the browser in which you asked for it. Enter it there, and tell it to nobody: nobody at ${applicationName} will ask you for it.

If you did not ask for it, you need not do anything. Somebody entered your address, and without the code nothing happens.
`
  },
  merged: {
    subject: ({ applicationName }) => `A Microsoft account was added to your account at ${applicationName}`,
    text: ({ applicationName, address, at }) => `A Microsoft account with the address ${address} was added to your account at ${applicationName}, on ${new Date(at).toUTCString()}. From now on you can sign in with it.

If this was not you, tell the people who run ${applicationName} at once.
`
  }
})

/** The application's own wordings, filled up with the default ones. An own text without an own HTML part is what the HTML is made of. */
export function wordingsOf ({ code, merged }: MailTexts): MailWordings {
  return Object.freeze({
    code: { ...defaultWordings.code, ...withoutUndefined(code) },
    merged: { ...defaultWordings.merged, ...withoutUndefined(merged) }
  })
}

function withoutUndefined<Values> (wording: OwnWording<Values> = {}): Partial<MailWording<Values>> {
  return Object.fromEntries(Object.entries(wording).filter(([, part]) => part !== undefined))
}
