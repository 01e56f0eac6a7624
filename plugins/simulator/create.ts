import type { Agent } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { publicCloud } from '../../src/core/authority.ts'
import { type Environment, realEnvironment } from '../../src/core/environment.ts'
import { readOptions, type Resolved } from '../../src/core/options.ts'
import { isProduction } from '../../src/core/production.ts'
import { createEngine, type Engine } from '../../src/simulator/engine.ts'
import { type SimulatorKitOptions, simulatorKitRules, type SimulatorOptions, wrongOption } from '../../src/simulator/options.ts'
import { manifestOf } from '../../src/simulator/manifest.ts'
import { createMailbox, type SimulatedMail } from '../../src/simulator/mailbox.ts'
import { register } from '../../src/simulator/registration.ts'
import type { FaultNumber } from '../../src/simulator/errors.ts'
import type { Account, Claims, SimulatedPhoto, TokenResponseHook } from '../../src/simulator/types.ts'
import type { SendMail } from '../../src/mail/types.ts'
import { createPrivateServer, graphPrefix } from './private-server.ts'
import { type AdminConsentOptions, type Injectable, type LinkOptions, requireAccount, runAdminConsent, runLink, runSignIn, type SignedIn, type SignInOptions } from './sign-in.ts'
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
  /** The application's manifest, as the portal shows it: for a doctor. */
  readonly manifest: Readonly<Record<string, unknown>>
  /** Registers one more redirect URI. */
  registerRedirectUri: (redirectUri: string) => void
  /** Sets what is called when somebody signs out who was signed in to the application. */
  registerFrontChannelLogoutUrl: (url: string) => void
  /** Adds to the claims of an account from now on; `undefined` takes one away. Throws ConfigurationError where there is no such account. */
  setClaims: (account: string, claims: Claims) => void
  /** Sets the photo of an account at Microsoft Graph, or takes it away (`null`). Only `ada` has one to begin with. Like all that follow here, it throws ConfigurationError where there is no such account. */
  setPhoto: (account: string, photo: SimulatedPhoto | null) => void
  /** Disables an account, as an administrator does: AADSTS50057 at every turn. */
  disable: (account: string) => void
  enable: (account: string) => void
  /** Ends all refresh tokens of an account, as a changed password does: AADSTS50173. */
  revokeSessions: (account: string) => void
  /** Has refreshes of an account refused until the person signs in again: 50076 where a policy wants a second factor, for example. */
  requireInteraction: (account: string, aadsts?: FaultNumber) => void
  /** Keeps a mail in place of sending it: for the option `mailer` of an application under test. One that has the plugin and no mailer uses it by itself. */
  readonly mailer: SendMail
  /** The mails that were kept, newest first, fifty at most. */
  readonly mails: readonly SimulatedMail[]
  /** Changes each token response before it is sent, until it is set to `null`. */
  setTokenResponseHook: (hook: TokenResponseHook | null) => void
  /** Signs with new keys from now on, as Microsoft does now and then; the old ones stay in the key set. */
  rotateKeys: () => Promise<void>
  /** Takes the keys out of the key set that do not sign any more, as Microsoft does where one has leaked. */
  removeOldKeys: () => void
  /** Signs somebody in to an application that uses this simulator. See {@link SignInOptions}. */
  signIn: (app: Injectable, account: string, options?: SignInOptions) => Promise<SignedIn>
  /** Links one more identity to somebody who is signed in. See {@link LinkOptions}. */
  link: (app: Injectable, account: string, options: LinkOptions) => Promise<SignedIn>
  /** Has an administrator allow an application that uses this simulator. See {@link AdminConsentOptions}. */
  adminConsent: (app: Injectable, account: string, options?: AdminConsentOptions) => Promise<SignedIn>
  /** Ends it. A simulator that a plugin has started ends with its application. */
  close: () => Promise<void>
}

/** A simulator with the server that it runs on. */
export interface RunningSimulator {
  readonly simulator: Simulator
  readonly server: FastifyInstance
}

/**
 * The test kit: a simulator at Microsoft's real URLs, by default those of the public cloud, without any route that
 * could be reached. Give `environment`, `clientId` and `clientSecret` to the
 * provider, and the whole code flow runs through `inject`.
 *
 * Its tokens say that they come from Microsoft. Never use it with a database that is kept.
 *
 * @throws ConfigurationError where an option is wrong, and always in production.
 */
export function createSimulator (given: SimulatorKitOptions = {}): Simulator {
  refuseProduction()
  const options = readOptions<SimulatorKitOptions>('fastify-entra/simulator', simulatorKitRules, given)
  return startSimulator(options.authority!, options, options.issuer).simulator
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
 * @param issuer - What its tokens name as their issuer, where it does not follow from the base.
 */
export function startSimulator (base: string, options: Resolved<SimulatorOptions>, issuer?: string): RunningSimulator {
  const environment = { ...realEnvironment, ...options.environment }
  const { tenants, accounts, application, redirectUris, frontChannelLogout, clientSecret } = register(options, environment)
  const engine = createEngine({
    base, issuer, tenants, accounts, applications: [application], environment, onTokenResponse: options.onTokenResponse ?? null
  })
  const mailbox = createMailbox(environment)
  const server = createPrivateServer(engine, mailbox)
  const agent = createAgent(base, server)
  const fetch = createFetch(base, base === publicCloud ? 'https://graph.microsoft.com' : base + graphPrefix, server)
  /** Does something about an account that there is. */
  const about = <Rest extends unknown[]>(work: (account: string, ...rest: Rest) => void) => (account: string, ...rest: Rest): void => {
    requireAccount(engine, account)
    work(account, ...rest)
  }
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
    get manifest () { return manifestOf(application) },
    registerRedirectUri: (redirectUri) => { redirectUris.add(redirectUri) },
    setClaims: about(engine.setClaims),
    setPhoto: about(engine.setPhoto),
    disable: about((account) => engine.standings.setDisabled(account, true)),
    enable: about((account) => engine.standings.setDisabled(account, false)),
    revokeSessions: about(engine.standings.revoke),
    requireInteraction: about((account, aadsts: FaultNumber = 50076) => engine.standings.interrupt(account, aadsts)),
    registerFrontChannelLogoutUrl: (url) => { frontChannelLogout.url = url },
    mailer: mailbox.mailer,
    get mails () { return mailbox.mails() },
    setTokenResponseHook: (hook) => engine.setTokenResponseHook(hook),
    rotateKeys: engine.keys.rotate,
    removeOldKeys: engine.keys.removeOld,
    signIn: async (app, account, signInOptions = {}) =>
      await runSignIn({ app, engine, server, redirectUris, now: environment.now }, account, signInOptions),
    link: async (app, account, linkOptions) =>
      await runLink({ app, engine, server, redirectUris, now: environment.now }, account, linkOptions),
    adminConsent: async (app, account, consentOptions = {}) =>
      await runAdminConsent({ app, engine, server, redirectUris, now: environment.now }, account, consentOptions),
    close: async () => await server.close()
  }
  return { simulator, server }
}
