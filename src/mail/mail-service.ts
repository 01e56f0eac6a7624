import { ConfigurationError } from '../core/errors.ts'
import { compose } from './compose.ts'
import type { Deliver, OnLate } from './deliver.ts'
import type { Mail, MailTexts, MergedMailValues } from './types.ts'
import { wordingsOf } from './wordings.ts'

/** The mails of an application. */
export interface MailService {
  /**
   * Mails a one-time code.
   *
   * @param minutes - How long it is valid.
   * @param onLate - Called where the mailer takes too long, with the mail that is still under way.
   * @throws otp_unavailable
   */
  readonly sendCode: (address: string, code: string, minutes: number, onLate?: OnLate) => Promise<void>
  /**
   * Tells the holder of an account that an identity was merged into it.
   *
   * @param at - When, in milliseconds since 1970.
   * @throws otp_unavailable
   */
  readonly sendMerged: (address: string, at: number) => Promise<void>
}

/** What mails are made with. */
export interface MailParts {
  readonly applicationName: string
  readonly texts: MailTexts
  readonly deliver: Deliver
}

/**
 * Puts the mails together. Each wording is tried out, so that one that fails
 * is found at boot and not by the first person who waits for a code.
 *
 * @throws ConfigurationError where a wording gives no text, or leaves the code or the name of the application out.
 */
export function createMailService ({ applicationName, texts, deliver }: MailParts): MailService {
  const wordings = wordingsOf(texts)
  tryOut('code', () => {
    const { subject, text, html } = codeMail('nobody@mail.example', '012345', 10)
    if (!text.includes('012345') || !html.includes('012345')) throw new TypeError('the code is missing in its text or HTML')
    if (!`${subject}\n${text}`.includes(applicationName)) throw new TypeError('neither its subject nor its text names the application')
  })
  tryOut('merged', () => mergedMail({ applicationName, address: 'nobody@mail.example', at: 0 }))

  return Object.freeze({
    sendCode: async (address: string, code: string, minutes: number, onLate?: OnLate) => await deliver(codeMail(address, code, minutes), onLate),
    sendMerged: async (address: string, at: number) => await deliver(mergedMail({ applicationName, address, at }))
  })

  function codeMail (address: string, code: string, minutes: number): Mail {
    return compose(wordings.code, { applicationName, code, minutes, address }, code)
  }

  function mergedMail (values: MergedMailValues): Mail {
    return compose(wordings.merged, values)
  }
}

function tryOut (kind: string, write: () => unknown): void {
  try {
    write()
  } catch (error) {
    throw new ConfigurationError(`fastify-entra/mail: option "mailTexts": the wording of "${kind}" cannot be used (${(error as Error).message}). Give functions that give text, with the code and the application's name in it.`)
  }
}
