import fp from 'fastify-plugin'
import type { FastifyPluginAsync } from 'fastify'
import { is, type OptionRules, readOptions } from '../src/core/options.ts'
import { type Accounts, createAccounts } from '../src/linking/accounts.ts'
import { createLinking } from '../src/linking/link.ts'
import { type LinkingOptions, linkingOptionRules, policyOf } from '../src/linking/options.ts'
import { assertSameWorld } from '../src/linking/same-world.ts'
import { createAccountStore } from '../src/store/accounts.ts'
import { canonicalAddress } from '../src/verification/address.ts'
import { decorateInstance } from './decorators.ts'
import { signInOf } from './sign-in.ts'

export type { Accounts } from '../src/linking/accounts.ts'
export type { AccountStore, AccountTransaction } from '../src/linking/store.ts'
export type * from '../src/linking/types.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Users, identities and addresses, for the other doors of the application. */
    accounts: Accounts
  }
}

/** Options of the linking plugin. */
export interface LinkingPluginOptions extends LinkingOptions {
  /** Instance decorator that holds the accounts. */
  accountsDecorator?: string | undefined
}

/** The rules behind {@link LinkingPluginOptions}. */
export const linkingPluginRules: OptionRules<LinkingPluginOptions> = {
  ...linkingOptionRules,
  accountsDecorator: {
    default: 'accounts',
    check: is.identifier,
    expected: 'a name such as "accounts"',
    about: 'Name of the accounts interface: `app.accounts`.'
  }
}

/** The third step: which user it is that signed in. */
const linking: FastifyPluginAsync<LinkingPluginOptions> = async (app, given) => {
  const options = readOptions<LinkingPluginOptions>('fastify-entra/linking', linkingPluginRules, given)
  const signIn = signInOf(app)
  const { environment, authority } = signIn.config
  const store = options.accounts ?? createAccountStore(signIn.database)
  await assertSameWorld(store, authority.base)

  if (options.allow_email_account_merge! && !options.use_email_as_identifier!) {
    app.log.warn('"allow_email_account_merge" without "use_email_as_identifier": no sign-in makes a holder of an address, so only addresses that app.accounts verified are merged with')
  }

  // The session plugin comes later: who ends sessions is looked up when they are to end.
  const endSessions = async (userId: string): Promise<void> => await signIn.endSessions(userId)
  const accounts = createAccounts({ store, environment, endSessions, canonicalAddress })
  decorateInstance(app, options.accountsDecorator!, 'accountsDecorator', accounts)
  const { link } = createLinking({ policy: policyOf(options), store, environment, endSessions })
  signIn.link = async (request, { authorization: { attempt: { intent } }, token }) => {
    if (token === null) return null
    return await link(intent === 'sign-in' ? token : { ...token, linker: { userId: intent.userId, isSameSession: signIn.sessionOf?.(request) === intent.session } })
  }
  signIn.isActive = accounts.isActive
}

const plugin: FastifyPluginAsync<LinkingPluginOptions> = fp(linking, {
  name: 'fastify-entra/linking',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider', 'fastify-entra/verification']
})
export default plugin
