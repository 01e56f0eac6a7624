import { secretsAtOnce } from '../../src/identity/client-options.ts'
import { hasSecrets } from '../../src/identity/client.ts'
import { makeSecret } from '../../src/identity/client-secrets.ts'
import { createClientStore } from '../../src/store/identity-clients.ts'
import { type Command, CommandError } from '../command.ts'
import { databaseOptions, projectOf, withDatabase } from '../given.ts'
import { unknownClient } from './clients.ts'

const add: Command = {
  words: ['clients', 'secret', 'add'],
  operands: ['ID'],
  about: 'Makes another secret for an app, and shows it, once. The one in use goes on until it is removed.',
  options: databaseOptions,
  run: async (call) => await withDatabase(call, async (database) => {
    const [id] = call.operands
    const clients = createClientStore(database)
    const client = await clients.find(projectOf(call), id!)
    if (client === null) throw unknownClient(call)
    if (!hasSecrets(client.authentication)) throw new CommandError(`the client ${JSON.stringify(id)} has no secrets: it authenticates by "${client.authentication}".`)
    const { secret, kept } = makeSecret(call.environment)
    const outcome = await clients.addSecret(projectOf(call), id!, kept, secretsAtOnce)
    if (outcome === 'unknown') throw unknownClient(call)
    if (outcome === 'full') throw new CommandError(`the client ${JSON.stringify(id)} has two secrets already. Remove the one that is no longer used first: fastify-entra clients show ${id} lists them.`)
    return { id, secretId: kept.id, secret }
  })
}

const remove: Command = {
  words: ['clients', 'secret', 'remove'],
  operands: ['ID', 'SECRET-ID'],
  about: 'Removes a secret of an app, by its id: it is refused from then on.',
  options: databaseOptions,
  run: async (call) => await withDatabase(call, async (database) => {
    const [id, secretId] = call.operands
    const isRemoved = await createClientStore(database).removeSecret(projectOf(call), id!, secretId!)
    // It may be a secret itself that was given, so it is not repeated.
    if (!isRemoved) throw new CommandError(`the client ${JSON.stringify(id)} has no secret of that id. fastify-entra clients show lists their ids.`)
    return { id, removed: secretId }
  })
}

export const secretCommands: readonly Command[] = [add, remove]
