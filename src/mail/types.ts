/** A mail, ready to be sent. */
export interface Mail {
  /** One address in its canonical form: no name, no line break, no list. */
  readonly to: string
  /** One line. */
  readonly subject: string
  readonly text: string
  /** A whole document. */
  readonly html: string
}

/** Sends a mail; rejects, or never resolves, where it cannot. */
export type SendMail = (mail: Mail) => Promise<unknown>

/** What a transport is handed: what nodemailer calls message configuration. */
export interface TransportMessage {
  from: string
  /** An object, so that nothing in the address is parsed. */
  to: { name: string, address: string }
  subject: string
  text: string
  html: string
  headers: Record<string, string>
  disableFileAccess: boolean
  disableUrlAccess: boolean
}

/** A nodemailer transport, or whatever else has its method. */
export interface MailTransport {
  sendMail: (message: TransportMessage) => Promise<unknown>
}

/** What the mail with a one-time code is made of. */
export interface CodeMailValues {
  readonly applicationName: string
  /** Six digits. */
  readonly code: string
  /** How long it is valid. */
  readonly minutes: number
  /** The canonical address that the mail goes to. */
  readonly address: string
}

/** What the mail to the holder of an account is made of, after a Microsoft account was merged into it. */
export interface MergedMailValues {
  readonly applicationName: string
  /** The canonical address that both have, and that the mail goes to. */
  readonly address: string
  /** When it happened, in milliseconds since 1970. */
  readonly at: number
}

/** How one kind of mail is worded. */
export interface MailWording<Values> {
  /** One line. */
  readonly subject: (values: Values) => string
  /** Plain text; an empty line starts a paragraph. */
  readonly text: (values: Values) => string
  /**
   * A whole HTML document. Text among the values is HTML already, with `&`, `<`, `>` and quotes escaped.
   * Default: the plain text, escaped.
   */
  readonly html?: ((values: Values) => string) | undefined
}

/** What the values of each kind of mail are. */
export interface MailValues {
  readonly code: CodeMailValues
  readonly merged: MergedMailValues
}

/** The kinds of mail that there are. */
export type MailKind = keyof MailValues

/** Own wordings: of any kind, and any part of it. */
export type MailTexts = { readonly [Kind in MailKind]?: OwnWording<MailValues[Kind]> | undefined }

/** Some parts of a wording. */
export type OwnWording<Values> = { readonly [Part in keyof MailWording<Values>]?: MailWording<Values>[Part] | undefined }

/** All wordings. */
export type MailWordings = { readonly [Kind in MailKind]: MailWording<MailValues[Kind]> }
