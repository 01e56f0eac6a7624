import type { ClientOptions } from '../../src/identity/client-options.ts'
import { hasSecrets, readClient } from '../../src/identity/client.ts'
import { makeSecret } from '../../src/identity/client-secrets.ts'
import { createClientStore } from '../../src/store/identity-clients.ts'
import { type Call, type Command, CommandError } from '../command.ts'
import { databaseOptions, projectOf, readGiven, withDatabase } from '../given.ts'
import { showClient } from '../show-client.ts'

const add: Command = {
  words: ['clients', 'add'],
  operands: [],
  about: 'Adds an app; shows its secret, once, where it has one.',
  options: {
    name: { type: 'string', value: 'NAME', about: 'what the consent page calls it; needed' },
    type: { type: 'string', value: 'web|spa|native', about: 'runs on a server, in the browser, or on the person\'s own machine; needed' },
    'redirect-url': { type: 'string', value: 'URL', multiple: true, about: 'where a sign-in may return to, exactly; needed' },
    'logout-redirect-url': { type: 'string', value: 'URL', multiple: true, about: 'where a sign-out may return to, exactly' },
    id: { type: 'string', value: 'ID', about: 'client_id (default: a random one)' },
    url: { type: 'string', value: 'URL', about: 'its own page, shown on the consent page' },
    authentication: { type: 'string', value: 'METHOD', about: 'client_secret_basic (default for web), client_secret_post, private_key_jwt, or none (default for spa and native)' },
    'id-token-algorithm': { type: 'string', value: 'RS256|ES256', about: 'what its ID tokens are signed by (default: RS256)' },
    'jwks-file': { type: 'string', value: 'FILE', about: 'public keys, { "keys": [ … ] }, for private_key_jwt' },
    scope: { type: 'string', value: 'SCOPE', multiple: true, about: 'what it may ask for beside openid (default: profile and email)' },
    'refresh-tokens': { type: 'boolean', about: 'it may ask for offline_access' },
    'first-party': { type: 'boolean', about: 'your own app: nobody is asked for consent' },
    'backchannel-logout-url': { type: 'string', value: 'URL', about: 'where it is told that a session ended' },
    ...databaseOptions
  },
  run: async (call) => {
    const { environment } = call
    const at = environment.now()
    const described = readClient(description(call), { where: 'fastify-entra clients add', withSecrets: false, at })
    const made = hasSecrets(described.authentication) ? makeSecret(environment) : null
    const client = { ...described, secrets: made === null ? [] : [made.kept] }
    return await withDatabase(call, async (database) => {
      const isAdded = await createClientStore(database).add(projectOf(call), client, at)
      if (!isAdded) throw new CommandError(`project "${projectOf(call)}" has a client ${JSON.stringify(client.id)} already. Give another --id.`)
      return made === null ? { client: showClient(client) } : { client: showClient(client), secret: made.secret }
    })
  }
}

const list: Command = {
  words: ['clients', 'list'],
  operands: [],
  about: 'Lists the apps of a project, those in the options aside.',
  options: databaseOptions,
  run: async (call) => await withDatabase(call, async (database) => {
    const clients = await createClientStore(database).list(projectOf(call))
    return { clients: clients.map(showClient) }
  })
}

const show: Command = {
  words: ['clients', 'show'],
  operands: ['ID'],
  about: 'Shows an app. Its secrets cannot be shown: they are not kept.',
  options: databaseOptions,
  run: async (call) => await withDatabase(call, async (database) => {
    const [id] = call.operands
    const client = await createClientStore(database).find(projectOf(call), id!)
    if (client === null) throw unknownClient(call)
    return { client: showClient(client) }
  })
}

const remove: Command = {
  words: ['clients', 'remove'],
  operands: ['ID'],
  about: 'Removes an app and its secrets: from then on nobody signs in there, and its refresh tokens are refused.',
  options: databaseOptions,
  run: async (call) => await withDatabase(call, async (database) => {
    const [id] = call.operands
    if (!await createClientStore(database).remove(projectOf(call), id!)) throw unknownClient(call)
    return { removed: id }
  })
}

export const clientCommands: readonly Command[] = [add, list, show, remove]

/** The error for an app that is not there. */
export function unknownClient (call: Call): CommandError {
  return new CommandError(`project "${projectOf(call)}" has no client ${JSON.stringify(call.operands[0])}, those in the options of the servers aside. fastify-entra clients list shows them.`)
}

function description (call: Call): Partial<ClientOptions> {
  const { flags, environment } = call
  const keys = flags['jwks-file'] as string | undefined
  return {
    // Hexadecimal, since base64url may start with a dash, as a flag does.
    id: (flags.id ?? environment.randomBytes(16).toString('hex')) as string,
    ...given({
      name: flags.name,
      type: flags.type,
      redirectUrls: flags['redirect-url'],
      logoutRedirectUrls: flags['logout-redirect-url'],
      url: flags.url,
      authentication: flags.authentication,
      idTokenAlgorithm: flags['id-token-algorithm'],
      scopes: flags.scope,
      refreshTokens: flags['refresh-tokens'],
      firstParty: flags['first-party'],
      backchannelLogoutUrl: flags['backchannel-logout-url'],
      jwks: keys === undefined ? undefined : parseKeys(readGiven(call, '--jwks-file', keys))
    })
  }
}

/** Without what was left out. */
function given (values: Readonly<Record<string, unknown>>): Partial<ClientOptions> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function parseKeys (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CommandError('--jwks-file: the file is no JSON. Give a JSON Web Key Set, { "keys": [ … ] }.')
  }
}
