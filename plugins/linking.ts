import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import { ConfigurationError } from '../src/core/errors.ts'
import { is, type OptionRules, readOptions } from '../src/core/options.ts'
import { type Accounts, createAccounts } from '../src/linking/accounts.ts'
import { gather } from '../src/linking/gather.ts'
import { createLinking } from '../src/linking/link.ts'
import { type LinkingOptions, linkingOptionRules, policyOf } from '../src/linking/options.ts'
import { assertSameWorld } from '../src/linking/same-world.ts'
import { createAccountStore } from '../src/store/accounts.ts'
import { canonicalAddress } from '../src/verification/address.ts'
import { decorateInstance } from './decorators.ts'
import { askBeforeSignUp } from './linking/before-sign-up.ts'
import { confirmLink, linkerOf } from './linking/link-by-hand.ts'
import { otherDoors } from './linking/other-doors.ts'
import { waysIn } from './linking/ways-in.ts'
import { noteLinked } from './reports.ts'
import { type SignIn, signInOf } from './sign-in.ts'
import { tenantLimitOf } from './tenant-limit.ts'

export type { AccountGrant, AccountSession, IdentityKey } from '../src/linking/account-input.ts'
export type { AccountExport } from '../src/linking/account-lookup.ts'
export type { Accounts } from '../src/linking/accounts.ts'
export type { UnlinkOptions } from '../src/linking/account-identities.ts'
export type { BeforeSignUp, SignUpCandidate } from '../src/linking/sign-up.ts'
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

  if (options.verify_email!) requireCodes(app, signIn, options)

  // The session plugin comes later: who ends sessions is looked up when they are to end.
  const endSessions = async (userId: string, except?: object): Promise<void> => await signIn.endSessions(userId, except as FastifyRequest | undefined)
  // Row D3: neither a browser nor a token of before the merge goes on.
  const endAll = async (userId: string): Promise<void> => {
    await signIn.endGrants(userId)
    await signIn.endSessions(userId)
  }
  const accounts = createAccounts({
    store,
    environment,
    endSessions,
    canonicalAddress,
    report: async (...events) => await signIn.report(...events),
    endGrants: async (userId, identity) => await signIn.endGrants(userId, identity),
    grantsOf: async (userId) => await signIn.grantsOf(userId),
    sessionsOf: async (userId) => await signIn.sessions?.list(userId) ?? [],
    auditOf: async (userId) => await signIn.auditOf(userId),
    isWayIn: waysIn(signIn, app.log),
    hasOtherWayIn: otherDoors(options.hasOtherWayIn, options.hasOtherWayInTimeout!, app.log)
  })
  signIn.accounts = accounts
  decorateInstance(app, options.accountsDecorator!, 'accountsDecorator', accounts)
  const { beforeSignUp } = options
  const asking = { signUpRefusals: options.signUpRefusals!, beforeSignUpTimeout: options.beforeSignUpTimeout! }
  signIn.signUpRefusals = asking.signUpRefusals
  const policy = policyOf(options)
  signIn.linking = { policy, knowledgeOf: async (under, request) => await store.transaction(async (accounts) => await gather(under, request, accounts)) }
  const guesses = tenantLimitOf(signIn, { kind: 'collision', most: options.collisionsPerTenant!, option: 'collisionsPerTenant' })
  const { link, undo } = createLinking({ policy, store, environment, endSessions: endAll, guesses })
  signIn.link = async (request, { authorization: { attempt: { intent } }, token }) => {
    const linker = intent === 'sign-in' ? undefined : await linkerOf(request, intent, signIn)
    // This plugin depends on the verification's, so there is a token.
    const outcome = await link({ ...token!, linker }, {
      beforeSignUp: beforeSignUp && askBeforeSignUp({ beforeSignUp, ...asking }, request.log),
      proveMailbox: () => signIn.proveMailbox!(request, token!)
    })
    if (outcome.row === 'C1') return outcome
    // Noted before it is confirmed: a link that cannot be undone is written down.
    noteLinked(request, outcome)
    await confirmLink(request, outcome, undo, signIn)
    return outcome
  }
  signIn.isActive = async ({ id, identity }) => {
    const user = await accounts.findByIdentity(identity)
    return user?.id === id && user.disabledAt === null
  }
}

/**
 * What a code proves is kept as an identifier, and the codes plugin mails them and takes them back.
 *
 * @throws ConfigurationError
 */
function requireCodes (app: FastifyInstance, signIn: SignIn, { use_email_as_identifier: isIdentifier }: LinkingPluginOptions): void {
  if (isIdentifier !== true) {
    throw new ConfigurationError('fastify-entra/linking: option "verify_email" is on, and "use_email_as_identifier" is off, so that what a code proves would be forgotten. Turn both on, or none.')
  }
  app.addHook('onReady', async () => {
    if (signIn.askForCode !== null) return
    throw new ConfigurationError('fastify-entra/linking: option "verify_email" is on, and nothing mails codes and takes them back. Register the session, mail and codes plugins, too.')
  })
}

const plugin: FastifyPluginAsync<LinkingPluginOptions> = fp(linking, {
  name: 'fastify-entra/linking',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider', 'fastify-entra/verification']
})
export default plugin
