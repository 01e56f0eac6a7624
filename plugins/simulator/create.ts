import type { Agent } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { publicCloud } from '../../src/core/authority.ts'
import { type Environment, realEnvironment } from '../../src/core/environment.ts'
import { readOptions, type Resolved } from '../../src/core/options.ts'
import { isProduction } from '../../src/core/production.ts'
import { createEngine, type Engine } from '../../src/simulator/engine.ts'
import { type SimulatorOptions, simulatorOptionRules, wrongOption } from '../../src/simulator/options.ts'
import { createMailbox, type SimulatedMail } from '../../src/simulator/mailbox.ts'
import { register } from '../../src/simulator/registration.ts'
import type { Account, Claims, TokenResponseHook } from '../../src/simulator/types.ts'
import type { SendMail } from '../../src/mail/types.ts'
import { createPrivateServer } from './private-server.ts'
import { type Injectable, type LinkOptions, requireAccount, runLink, runSignIn, type SignedIn, type SignInOptions } from './sign-in.ts'
import { createAgent, createFetch } from './transport.ts'

/** A simulated Microsoft that runs in this process. */
export interface Simulator {
  /** What its endpoints and issuers start with: the authority. */
  readonly base: string
  /** Of the one application that is registered. */
  readonly clientId: string
  readonly clientSecret: string
  /** Reaches its endpoints, and refuses all other URLs. */
  readonly fetch: Environment['fetch']
  /** Agent for requests to its token endpoint: they never leave the process. */
  readonly agent: Agent
  /** Clock and randomness of the simulator, with {@link Simulator.fetch} and {@link Simulator.agent}: for the provider's option `environment`. */
  readonly environment: Environment & { readonly agent: Agent }
  /** How many requests each endpoint has had. */
  readonly requests: Engine['requests']
  /** Who can sign in, with the claims as they are now. */
  readonly accounts: readonly Account[]
  /** The redirect URIs that are registered. */
  readonly redirectUris: ReadonlySet<string>
  /** Registers one more redirect URI. */
  registerRedirectUri: (redirectUri: string) => void
  /** Sets what is called when somebody signs out who was signed in to the application. */
  registerFrontChannelLogoutUrl: (url: string) => void
  /** Disables an account, as an administrator does with somebody who leaves. Throws ConfigurationError where there is no such account. */
  disable: (account: string) => void
  /** Lets a disabled account sign in again. Throws ConfigurationError where there is no such account. */
  enable: (account: string) => void
  /** Adds to the claims of an account from now on; `undefined` takes one away. Throws ConfigurationError where there is no such account. */
  setClaims: (account: string, claims: Claims) => void
  /** Keeps a mail in place of sending it: for the option `mailer` of an application under test. One that has the plugin and no mailer uses it by itself. */
  readonly mailer: SendMail
  /** The mails that were kept, newest first, fifty at most. */
  readonly mails: readonly SimulatedMail[]
  /** Changes each token response before it is sent, until it is set to `null`. */
  setTokenResponseHook: (hook: TokenResponseHook | null) => void
  /** Signs somebody in to an application that uses this simulator. See {@link SignInOptions}. */
  signIn: (app: Injectable, account: string, options?: SignInOptions) => Promise<SignedIn>
  /** Links one more identity to somebody who is signed in. See {@link LinkOptions}. */
  link: (app: Injectable, account: string, options: LinkOptions) => Promise<SignedIn>
  /** Ends it. A simulator that a plugin has started ends with its application. */
  close: () => Promise<void>
}

/** A simulator with the server that it runs on. */
export interface RunningSimulator {
  readonly simulator: Simulator
  readonly server: FastifyInstance
}

/**
 * The test kit: a simulator at Microsoft's real URLs, without any route that
 * could be reached. Give `environment`, `clientId` and `clientSecret` to the
 * provider, and the whole code flow runs through `inject`.
 *
 * Its tokens say that they come from Microsoft. Never use it with a database that is kept.
 *
 * @throws ConfigurationError where an option is wrong, and always in production.
 */
export function createSimulator (options: SimulatorOptions = {}): Simulator {
  refuseProduction()
  return startSimulator(publicCloud, readOptions<SimulatorOptions>('fastify-entra/simulator', simulatorOptionRules, options)).simulator
}

/** @throws ConfigurationError in production. No option lifts that: whoever reaches a simulator signs in as anybody. */
export function refuseProduction (): void {
  if (isProduction()) {
    throw wrongOption('NODE_ENV is "production", and there it never starts, since anybody could sign in as anybody. Leave it out, and give the provider clientId and clientSecret from the Azure portal.')
  }
}

/**
 * Puts a simulator together.
 *
 * @param base - What its endpoints start with, no slash at the end.
 */
export function startSimulator (base: string, options: Resolved<SimulatorOptions>): RunningSimulator {
  const environment = { ...realEnvironment, ...options.environment }
  const { tenants, accounts, application, redirectUris, frontChannelLogout, clientSecret } = register(options, environment)
  const engine = createEngine({
    base, tenants, accounts, applications: [application], environment, onTokenResponse: options.onTokenResponse ?? null
  })
  const mailbox = createMailbox(environment)
  const server = createPrivateServer(engine, mailbox)
  const agent = createAgent(base, server)
  const fetch = createFetch(base, server)
  const simulator: Simulator = {
    base,
    clientId: application.clientId,
    clientSecret,
    fetch,
    agent,
    environment: { ...environment, fetch, agent },
    requests: engine.requests,
    get accounts () { return engine.accounts() },
    redirectUris,
    registerRedirectUri: (redirectUri) => { redirectUris.add(redirectUri) },
    registerFrontChannelLogoutUrl: (url) => { frontChannelLogout.url = url },
    disable: (account) => {
      requireAccount(engine, account)
      engine.setDisabled(account, true)
    },
    enable: (account) => {
      requireAccount(engine, account)
      engine.setDisabled(account, false)
    },
    setClaims: (account, claims) => {
      requireAccount(engine, account)
      engine.setClaims(account, claims)
    },
    mailer: mailbox.mailer,
    get mails () { return mailbox.mails() },
    setTokenResponseHook: (hook) => engine.setTokenResponseHook(hook),
    signIn: async (app, account, signInOptions = {}) =>
      await runSignIn({ app, engine, server, redirectUris, now: environment.now }, account, signInOptions),
    link: async (app, account, linkOptions) =>
      await runLink({ app, engine, server, redirectUris, now: environment.now }, account, linkOptions),
    close: async () => await server.close()
  }
  return { simulator, server }
}
