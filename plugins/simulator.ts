import fp from 'fastify-plugin'
import type { FastifyPluginAsync } from 'fastify'
import { ConfigurationError } from '../src/core/errors.ts'
import { readOptions } from '../src/core/options.ts'
import { type SimulatorPluginOptions, simulatorPluginRules } from '../src/simulator/options.ts'
import { decorateHidden } from './decorators.ts'
import { refuseProduction, type Simulator, startSimulator } from './simulator/create.ts'
import { simulatorKey } from './simulator/key.ts'
import { mount } from './simulator/mount.ts'
import type { AdminConsentOptions, Injectable, LinkOptions, SignedIn, SignInOptions } from './simulator/sign-in.ts'

export type { AccountOptions, ClientSecretOptions, FederatedCredentialOptions, SimulatorKitOptions, SimulatorOptions, SimulatorPluginOptions, TenantOptions } from '../src/simulator/options.ts'
export type { Account, Claims, TokenResponse, TokenResponseHook } from '../src/simulator/types.ts'
export { simulatorOptionRules, simulatorPluginRules } from '../src/simulator/options.ts'
export type { SimulatedMail } from '../src/simulator/mailbox.ts'
export { createSimulator, type Simulator } from './simulator/create.ts'
export { simulatorKey } from './simulator/key.ts'
export type { AdminConsentOptions, Injectable, LinkOptions, SignedIn, SignInOptions } from './simulator/sign-in.ts'

/**
 * Stands in for Microsoft in development, in the application's own process.
 * It is a way in for anybody, so it starts only where `baseUrl` is this
 * machine and NODE_ENV is not `production`, and answers this machine only.
 */
const simulator: FastifyPluginAsync<SimulatorPluginOptions> = async (app, given) => {
  refuseProduction()
  const options = readOptions<SimulatorPluginOptions>('fastify-entra/simulator', simulatorPluginRules, given)
  const running = startSimulator(options.baseUrl + app.prefix + options.prefix!, options)
  decorateHidden(app, simulatorKey, running.simulator)
  app.addHook('onClose', async () => await running.simulator.close())
  await mount(app, options.prefix!, running.server)
  app.log.warn({ base: running.simulator.base }, 'a simulator stands in for Microsoft: whoever is on this machine can sign in as anybody; give clientId and clientSecret for Microsoft itself')
}

const plugin: FastifyPluginAsync<SimulatorPluginOptions> = fp(simulator, { name: 'fastify-entra/simulator', fastify: '5.x' })
export default plugin

/**
 * Signs somebody in to an application that has the simulator registered: for
 * tests of one's own.
 *
 * @param account - Key of an account, such as `ada`.
 * @throws ConfigurationError where there is no simulator or no such account, or where the flow stops before the callback.
 */
export async function signInAs (
  app: Testable, account: string, options: SignInOptions = {}
): Promise<SignedIn> {
  return await (await simulatorOf(app, 'signIn')).signIn(app, account, options)
}

/**
 * Links one more identity to somebody who is signed in to an application that
 * has the simulator registered: for tests of one's own.
 *
 * @param account - Key of the account at Microsoft that is linked, such as `pat`.
 * @throws ConfigurationError where there is no simulator or no such account, or where the flow stops before the callback.
 */
export async function linkAs (app: Testable, account: string, options: LinkOptions): Promise<SignedIn> {
  return await (await simulatorOf(app, 'link')).link(app, account, options)
}

/**
 * Has an administrator allow an application that has the simulator registered: for tests of one's own.
 *
 * @param account - Key of an account with the option `isAdministrator`.
 * @throws ConfigurationError where there is no simulator or no such account, or where the flow stops before the callback.
 */
export async function adminConsentAs (app: Testable, account: string, options: AdminConsentOptions = {}): Promise<SignedIn> {
  return await (await simulatorOf(app, 'adminConsent')).adminConsent(app, account, options)
}

/** An application under test. */
type Testable = Injectable & { ready: () => PromiseLike<unknown> }

async function simulatorOf (app: Testable, method: 'signIn' | 'link' | 'adminConsent'): Promise<Simulator> {
  await app.ready()
  const registered = (app as { [simulatorKey]?: Simulator })[simulatorKey]
  if (registered === undefined) {
    throw new ConfigurationError(`fastify-entra/simulator: ${method}As was given an application without the simulator. Register the simulator plugin on it, or use ${method} of createSimulator.`)
  }
  return registered
}
