import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { randomToken } from '../src/core/environment.ts'
import { ConfigurationError } from '../src/core/errors.ts'
import { readOptions, type Resolved } from '../src/core/options.ts'
import { createSeal } from '../src/core/seal.ts'
import { createArtifacts } from '../src/identity/artifacts.ts'
import { checkIdentityOptions, type IdentityOptions, identityOptionRules } from '../src/identity/options.ts'
import type { Identity } from '../src/identity/project.ts'
import { createSigningKeys } from '../src/identity/signing-keys.ts'
import { createArtifactStore } from '../src/store/identity-artifacts.ts'
import { createClientStore } from '../src/store/identity-clients.ts'
import { createConsentStore } from '../src/store/identity-consents.ts'
import { createKeyStore } from '../src/store/identity-keys.ts'
import { decorateInstance } from './decorators.ts'
import { tellApps } from './identity/back-channel.ts'
import { clientFinder, readClients } from './identity/clients.ts'
import { endWithSessions } from './identity/ends.ts'
import { registerInteractions } from './identity/interactions.ts'
import { loadOidcProvider, type OidcProvider } from './identity/load.ts'
import { lostTo } from './identity/lost.ts'
import { mountProvider } from './identity/mount.ts'
import { createOwners } from './identity/owners.ts'
import type { Parts } from './identity/parts.ts'
import { createIdentity } from './identity/project.ts'
import { createProviders } from './identity/providers.ts'
import { type SignIn, signInOf } from './sign-in.ts'

export type { ClientOptions } from '../src/identity/client-options.ts'
export type { Consent } from '../src/identity/consent.ts'
export type { IdentityOptions } from '../src/identity/options.ts'
export type { Identity } from '../src/identity/project.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The OpenID Connect provider of one's own apps; of the first project, or under the name that option `identityDecorator` gives. */
    identity: Identity
  }
}

/** An OpenID Connect provider for the application's own apps. One registration is one project. */
const identity: FastifyPluginAsync<IdentityOptions> = async (app, given) => {
  const options = readOptions<IdentityOptions>('fastify-entra/identity', identityOptionRules, given)
  checkIdentityOptions(options)
  const oidc = await loadOidcProvider()
  const signIn = signInOf(app)
  const parts = createParts(app, signIn, oidc, options)
  claimPlace(signIn, parts)
  decorateInstance(app, options.identityDecorator!, 'identityDecorator', createIdentity(parts))

  const keys = createSigningKeys({
    store: createKeyStore(signIn.database),
    project: parts.project,
    sealKeys: signIn.keys('identity-key'),
    environment: signIn.config.environment
  })
  await keys.prepare()
  const currentProvider = createProviders(parts, async () => await keys.current())
  // Wrong clients and keys are found out at boot.
  await currentProvider()
  endWithSessions(parts, tellApps(parts, async () => (await currentProvider()).provider))
  await mountProvider(app, parts, currentProvider)
  await registerInteractions(app, parts, currentProvider)
}

function createParts (app: FastifyInstance, signIn: SignIn, oidc: OidcProvider, options: Resolved<IdentityOptions>): Parts {
  const { database, config, prefix, isSimulatedWorld } = signIn
  const project = Object.freeze({ name: options.project!, simulated: isSimulatedWorld })
  const path = options.issuerPath ?? `${prefix}/${project.name === 'identity' ? 'identity' : `identity-${project.name}`}`
  const clients = readClients(options.clients!, config.environment.now())
  return {
    signIn,
    log: app.log,
    oidc,
    project,
    options,
    path,
    issuer: config.origin + path,
    placeholder: randomToken(config.environment),
    owners: createOwners(signIn),
    consents: createConsentStore(database),
    findClient: clientFinder(clients, createClientStore(database), project.name),
    artifacts: createArtifacts({
      store: createArtifactStore(database),
      project,
      seal: createSeal(signIn.keys('identity-artifact')),
      environment: config.environment,
      longestLife: options.refreshTokenAbsoluteLifetime!,
      reuseGrace: options.refreshTokenReuseGrace!,
      lost: lostTo(oidc.errors)
    })
  }
}

/** Two projects at one place, or under one name, would answer for each other. */
function claimPlace ({ reservedPaths }: SignIn, { path, project, signIn }: Parts): void {
  const own = ['authorize', 'authorize/*', 'logout', 'logout/*', 'token', 'userinfo', 'revoke', 'jwks'].map((endpoint) => `${path}/${endpoint}`)
  if (reservedPaths.includes(own[0]!)) throw new ConfigurationError(`fastify-entra/identity: another project is at ${JSON.stringify(path)} already. Give option "issuerPath" of project "${project.name}" a path of its own.`)
  if (signIn.projects.includes(project.name)) throw new ConfigurationError(`fastify-entra/identity: another project is called "${project.name}" already. Give option "project" another name.`)
  signIn.projects.push(project.name)
  reservedPaths.push(...own)
}

const plugin: FastifyPluginAsync<IdentityOptions> = fp(identity, {
  name: 'fastify-entra/identity',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider', 'fastify-entra/verification', 'fastify-entra/linking', 'fastify-entra/session']
})
export default plugin
