import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { reasonOf } from '../src/core/errors.ts'
import type { AuthEvent } from '../src/core/events.ts'
import { readOptions, type Resolved } from '../src/core/options.ts'
import { createDelivery, sendThrough } from '../src/mail/deliver.ts'
import { createMailService, type MailService } from '../src/mail/mail-service.ts'
import { checkMailOptions, isTransport, type MailOptions, mailOptionRules } from '../src/mail/options.ts'
import type { SendMail } from '../src/mail/types.ts'
import { type SignIn, signInOf } from './sign-in.ts'
import { simulatorKey } from './simulator/key.ts'

export type { MailOptions } from '../src/mail/options.ts'
export type * from '../src/mail/types.ts'

/** Mails: one-time codes, and the notice to whom an account was merged into. Without a mailer it does nothing. */
const mail: FastifyPluginAsync<MailOptions> = async (app, given) => {
  const options = readOptions<MailOptions>('fastify-entra/mail', mailOptionRules, given)
  checkMailOptions(options)
  const signIn = signInOf(app)
  const send = chooseMailer(app, signIn, options)
  if (send === null) return
  const service = createMailService({
    applicationName: options.applicationName ?? new URL(signIn.config.origin).host,
    texts: options.mailTexts!,
    deliver: createDelivery(send, options.mailTimeout!, signIn.config.environment)
  })
  const isKept = options.mailer === undefined
  signIn.mail = Object.freeze({ ...service, mailboxPath: isKept ? `${new URL(signIn.config.authority.base).pathname}/mailbox` : null })
  tellHolders(app, signIn, service)
}

/** Only where the simulator stands in for Microsoft, anybody may read the mails. */
function chooseMailer (app: FastifyInstance, { config: { simulated } }: SignIn, { mailer, mailFrom }: Resolved<MailOptions>): SendMail | null {
  if (mailer === undefined) return simulated ? app[simulatorKey].mailer : null
  if (isTransport(mailer)) return sendThrough(mailer, mailFrom!)
  return async (message) => await mailer(message)
}

/**
 * Tells who holds an account by mail that an identity was merged into it (row
 * D3), at the address that both have. Nobody waits for it, and where it fails
 * nothing else does; the application ends when they are all sent.
 */
function tellHolders (app: FastifyInstance, { listen }: SignIn, { sendMerged }: MailService): void {
  const underWay = new Set<Promise<void>>()
  app.addHook('onClose', async () => { await Promise.all(underWay) })
  listen(async ({ type, address, at, requestId }) => {
    if (type !== 'account_merged' || address === null) return
    const notice = tell(address, at, requestId)
    underWay.add(notice)
    void notice.finally(() => underWay.delete(notice))
  })

  async function tell (address: string, at: number, requestId: AuthEvent['requestId']): Promise<void> {
    try {
      await sendMerged(address, at)
    } catch (error) {
      app.log.error({ reason: reasonOf(error), requestId }, 'the holder of an account could not be told by mail that an identity was merged into it')
    }
  }
}

const plugin: FastifyPluginAsync<MailOptions> = fp(mail, {
  name: 'fastify-entra/mail',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider']
})
export default plugin
