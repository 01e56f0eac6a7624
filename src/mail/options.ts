import { ConfigurationError } from '../core/errors.ts'
import { is, type OptionRules, type Resolved } from '../core/options.ts'
import type { MailTexts, MailTransport, SendMail } from './types.ts'

/** Options of the mail plugin. */
export interface MailOptions {
  /** Sends our mails: a nodemailer transport, or a function that takes a mail. Without it the simulator, where it runs, shows them in its mailbox. */
  mailer?: MailTransport | SendMail | undefined
  /** Sender of our mails, such as `Contoso <no-reply@contoso.example>`. A transport needs it; a function sets its own. */
  mailFrom?: string | undefined
  /** What mails call the application. */
  applicationName?: string | undefined
  /** Own subjects and texts of mails. */
  mailTexts?: MailTexts | undefined
  /** How long the mailer may take for a mail, in milliseconds. */
  mailTimeout?: number | undefined
}

/** The rules behind {@link MailOptions}. */
export const mailOptionRules: OptionRules<MailOptions> = {
  mailer: {
    defaultText: 'none; with the simulator its mailbox',
    check: (value) => is.function(value) || isTransport(value),
    expected: 'a nodemailer transport (an object with the method "sendMail") or a function that takes a mail and returns a promise',
    secret: true,
    about: 'Sends our mails: a nodemailer transport, or a function `({ to, subject, text, html }) => Promise`. Without it the simulator, where it runs, shows them in its mailbox.'
  },
  mailFrom: {
    defaultText: 'none',
    check: (value) => isLine(value, 320) && /^[^@<>]*<[^\s@<>]+@[^\s@<>]+>$|^[^\s@<>]+@[^\s@<>]+$/.test(value as string),
    expected: 'a sender such as "Contoso <no-reply@contoso.example>"',
    about: 'Sender of our mails. A transport needs it; a function sets its own.'
  },
  applicationName: {
    defaultText: 'the host of `baseUrl`',
    check: (value) => isLine(value, 100),
    expected: 'a name of at most 100 characters, on one line',
    about: 'What mails call the application.'
  },
  mailTexts: {
    default: {},
    defaultText: 'English ones',
    check: isMailTexts,
    expected: 'an object with some of code and merged, each an object with some of subject, text and html, which are functions',
    about: 'Own wordings of mails: `{ code: { subject, text, html }, merged: { … } }`, functions that are given the values. HTML is made of the text where it is left out.'
  },
  mailTimeout: {
    default: 10_000,
    check: is.integer(100, 60_000),
    expected: 'milliseconds from 100 to 60000',
    about: 'Milliseconds that the mailer may take for a mail (10 seconds); after that the person gets `otp_unavailable`.'
  }
}

/** Whether a mailer is a transport. */
export function isTransport (value: unknown): value is MailTransport {
  return is.object(value) && is.function((value as { sendMail?: unknown }).sendMail)
}

/** @throws ConfigurationError where the options contradict each other. */
export function checkMailOptions ({ mailer, mailFrom }: Resolved<MailOptions>): void {
  if (isTransport(mailer) && mailFrom === undefined) {
    throw new ConfigurationError('fastify-entra/mail: option "mailer" is a transport, and "mailFrom" is missing. Give the sender, such as "Contoso <no-reply@contoso.example>".')
  }
  if (is.function(mailer) && mailFrom !== undefined) {
    throw new ConfigurationError('fastify-entra/mail: option "mailFrom" was given, but "mailer" is a function, which sets its own sender. Leave "mailFrom" out.')
  }
}

function isLine (value: unknown, longest: number): boolean {
  return is.text(value) && (value as string).length <= longest && !/[\p{Cc}\u2028\u2029]/u.test(value as string)
}

const parts = ['subject', 'text', 'html']

function isMailTexts (value: unknown): boolean {
  return is.object(value) && Object.entries(value as object).every(([kind, wording]) =>
    ['code', 'merged'].includes(kind) && (wording === undefined || isWording(wording)))
}

function isWording (value: unknown): boolean {
  return is.object(value) && Object.entries(value as object).every(([part, write]) =>
    parts.includes(part) && (write === undefined || is.function(write)))
}
